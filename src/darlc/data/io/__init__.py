"""Readers: from a path to an AnnData with coordinates.

Importing this package is cheap (no AnnData, no pandas), because a viewer asks `find_format`
about every path that is dropped on it.
"""

from darlc.data.io.registry import (
    DataWarning,
    Format,
    find_format,
    formats,
    open_dataset,
    read,
    register,
)

# Imported for what they do: each registers its format, in the order in which they are asked.
from darlc.data.io import h5ad, spaceranger, table  # noqa: F401  # isort: skip

__all__ = [
    "DataWarning",
    "Format",
    "find_format",
    "formats",
    "open_dataset",
    "read",
    "register",
]
