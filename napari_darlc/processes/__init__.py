"""Work off the GUI thread: training, UMAP, threads and delayed calls."""
