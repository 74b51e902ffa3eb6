"""Floor 2: everything that learns. Needs torch; the viewer's process never imports it."""
