"""Clusters of genes whose values are not counts, with Gaussian noise."""
