"""Questions asked of a result: one question a module."""
