"""Floor 1: datasets, grids, SGEP images and results. Numpy, scipy and AnnData only."""
