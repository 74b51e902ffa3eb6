"""The panel of genes that mark a region of the tissue."""
