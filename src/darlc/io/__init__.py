"""Readers: from a path to a `Dataset` with coordinates; one module a format, one way to open.

Importing this package is cheap (no AnnData, no pandas), because a viewer calls `find_format` for
every path that is dropped on it.
"""

from darlc.data.dataset import DataWarning, ReadOptions
from darlc.io.format import Format
from darlc.io.readers import (
    cosmx,
    h5ad,
    image_stack,
    merscope,
    spaceranger,
    stereoseq,
    table,
    tenx_h5,
    visium_hd,
    xenium,
    zarr_anndata,
    zarr_spatialdata,
)
from darlc.io.registry import (
    find_format,
    formats,
    open_dataset,
    own_formats,
    read,
    register,
    register_format,
)

# In the order in which they are asked: those that hold more come before those that they hold.
own_formats(
    h5ad.FORMAT,
    zarr_spatialdata.FORMAT,
    zarr_anndata.FORMAT,
    visium_hd.FORMAT,
    xenium.FORMAT,
    merscope.FORMAT,
    cosmx.FORMAT,
    spaceranger.FORMAT,
    tenx_h5.FORMAT,
    stereoseq.FORMAT,
    image_stack.FORMAT,
    table.FORMAT,
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
    "register_format",
]
