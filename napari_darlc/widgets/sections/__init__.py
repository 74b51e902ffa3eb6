"""Several sections that were fitted together: which one is shown, and the genes that change."""
