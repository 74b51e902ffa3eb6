"""The gene table: columns of values of all genes, sorted and filtered."""
