"""The parts of napari that we use although they are not public; no other folder touches any."""
