"""Sections that lie on top of each other: how they are found, told apart and kept apart."""
