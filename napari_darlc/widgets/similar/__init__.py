"""The panel of genes that are similar to the current one."""
