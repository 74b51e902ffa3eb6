"""``python -m napari_darlc.demo``: a simulated tissue, from its genes to their clusters."""
