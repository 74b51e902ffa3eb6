"""Benchmarks that take seconds, which asv repeats on commit after commit."""
