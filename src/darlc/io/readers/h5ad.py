"""AnnData files (``.h5ad``) with coordinates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from darlc.data.dataset import ReadOptions
from darlc.io.format import Format

if TYPE_CHECKING:
    from anndata import AnnData


def read(path: Path, options: ReadOptions) -> AnnData:
    """Read an AnnData file whole; coordinates and counts are brought to their places later."""
    from darlc.io.parts.anndata_file import read_anndata

    return read_anndata(path)


FORMAT = Format(
    name="h5ad",
    description="an .h5ad file",
    # Its content is judged on reading.
    suffixes=(".h5ad",),
    read=read,
)
