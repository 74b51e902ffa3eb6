"""Parts that several widgets share."""
