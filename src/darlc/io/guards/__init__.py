"""Guards against files that are damaged or hostile, whatever their format."""
