"""Spots, beads and cells in their true geometry, coloured by genes or annotations."""
