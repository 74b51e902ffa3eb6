"""Processes of the engine that the viewer starts, and the messages that they exchange."""
