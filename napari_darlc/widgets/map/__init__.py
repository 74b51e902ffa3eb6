"""The gene map: every gene is a point, close to similar genes."""
