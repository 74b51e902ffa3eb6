"""The napari plugin, which shows genes as SGEP images; it never imports torch."""

#: The name by which napari knows the plugin.
PLUGIN = "napari-darlc"
