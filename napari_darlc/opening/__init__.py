"""Opening datasets and results: files, samples and what is dropped on the window."""
