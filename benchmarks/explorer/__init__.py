"""How fast the views of the explorer are."""
