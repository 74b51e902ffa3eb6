"""Datasets: what was read and chosen, features that are no genes, and what files can hold."""
