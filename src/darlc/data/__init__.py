"""Datasets: what was read and chosen, features that are not genes, and what files can hold."""
