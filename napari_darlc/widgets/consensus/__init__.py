"""The consensus map: a card for each cluster, and actions on clusters."""
