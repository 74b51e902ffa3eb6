"""Sections whose coordinates overlap: how they are detected and separated."""
