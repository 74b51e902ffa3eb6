"""The dock of the observation view."""
