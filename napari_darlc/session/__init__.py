"""What all views show and what the user chose, with its history; no Qt."""
