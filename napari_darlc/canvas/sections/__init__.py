"""All sections of a study at once, beside the one that is shown."""
