"""Writing results, and keeping work that no file holds yet."""
