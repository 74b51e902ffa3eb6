"""The state that all views show, the user's choices, and their history; without Qt."""
