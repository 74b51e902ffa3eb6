"""Pieces of platforms' files that several readers share."""
