"""The consensus map: a card for each cluster, and what can be done to clusters."""
