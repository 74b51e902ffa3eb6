"""Commands that learn from data, and what they keep while they run."""
