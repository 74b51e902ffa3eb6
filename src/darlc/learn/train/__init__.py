"""The run: stages in order, as a generator of events that can be stopped."""
