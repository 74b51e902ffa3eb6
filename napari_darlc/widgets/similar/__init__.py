"""The panel of genes that are like the current one."""
