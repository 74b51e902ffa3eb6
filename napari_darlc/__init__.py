"""The window: a napari plugin in which genes are pictures; it never imports torch."""
