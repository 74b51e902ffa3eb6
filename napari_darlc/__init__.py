"""The window: a napari plugin in which genes are pictures; it never imports torch."""

#: The name by which napari knows the plugin.
PLUGIN = "napari-darlc"
