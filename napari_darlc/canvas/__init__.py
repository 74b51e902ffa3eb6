"""A session's layers on napari's canvas: genes, clusters, comparisons, regions, observations."""
