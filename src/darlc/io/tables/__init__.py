"""Tables in files: of counts, coordinates, cells and labels, and names of their columns."""
