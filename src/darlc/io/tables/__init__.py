"""Tables in files: of counts, coordinates, cells and labels, and what their columns are called."""
