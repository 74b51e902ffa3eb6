"""What lists of genes share: measuring, narrowing, copying, names that are typed."""
