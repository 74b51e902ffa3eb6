"""Simulated tissue with known truth: positions, patterns, counts and nuisance effects."""
