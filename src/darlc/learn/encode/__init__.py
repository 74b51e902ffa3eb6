"""From views to embeddings: tokens, the network, its losses and its weights."""
