"""The gene map: every gene a point, near to the genes that are like it."""
