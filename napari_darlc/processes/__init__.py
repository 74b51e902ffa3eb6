"""Work beside the window's own thread: training, UMAP, threads and delayed calls."""
