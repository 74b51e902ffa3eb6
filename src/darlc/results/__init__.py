"""Results of a fit: clusters, consensus patterns, added genes, names and colours."""
