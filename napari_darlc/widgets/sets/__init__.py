"""The panel of gene sets: made, combined, seen as one picture, exported."""
