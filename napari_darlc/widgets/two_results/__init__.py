"""The result of the window beside another one: matched clusters, and genes that moved."""
