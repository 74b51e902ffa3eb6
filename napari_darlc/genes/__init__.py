"""What is known of the genes, and lists of them: columns, search, filters and pictures."""
