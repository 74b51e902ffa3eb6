"""What the benchmark measures: one module a task, and what only one task needs."""
