"""Processes of the engine that a window starts, and the messages that they exchange."""
