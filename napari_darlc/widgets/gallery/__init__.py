"""The gallery: every gene as a thumbnail."""
