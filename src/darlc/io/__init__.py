"""Readers: from a path to a `Dataset` with coordinates; one module a format, one way to open.

Importing this package is cheap (no AnnData, no pandas), because a viewer asks `find_format`
about every path that is dropped on it.
"""

from darlc.data.dataset import DataWarning, ReadOptions
from darlc.io.registry import (
    Format,
    find_format,
    formats,
    open_dataset,
    read,
    register,
)

# Imported for what they do: each registers its format, in the order in which they are asked.
from darlc.io.readers import (  # noqa: F401  # isort: skip
    h5ad,
    zarr_spatialdata,
    zarr_anndata,
    visium_hd,
    xenium,
    merscope,
    cosmx,
    spaceranger,
    tenx_h5,
    stereoseq,
    image_stack,
    table,
)

__all__ = [
    "DataWarning",
    "Format",
    "ReadOptions",
    "find_format",
    "formats",
    "open_dataset",
    "read",
    "register",
]
