"""From embeddings and counts to clusters: the mixture, the count model and the choice of K."""
