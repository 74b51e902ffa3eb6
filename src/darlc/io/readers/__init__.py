"""Readers: one module a format, each of which registers itself."""
