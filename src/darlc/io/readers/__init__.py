"""Readers: one module a format, whose ``FORMAT`` says how it is recognised and read."""
