"""The measure of the engine's quality: ``python -m benchmarks.quality``; one module a task."""
