"""What a fit gives: clusters, consensus patterns, genes added later, names and colours."""
