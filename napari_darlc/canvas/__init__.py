"""What a session looks like on napari's canvas: gene layers and everything drawn with them."""
