"""What large datasets cost."""
