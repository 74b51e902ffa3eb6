"""The Student's t mixture over embeddings: densities, EM steps, and the estimator."""
