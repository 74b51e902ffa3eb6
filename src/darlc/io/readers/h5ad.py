"""AnnData files (``.h5ad``) with coordinates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from darlc.data.dataset import ReadOptions
from darlc.data.keys import STUDY
from darlc.errors import InputError
from darlc.io.format import Format

if TYPE_CHECKING:
    from anndata import AnnData


def read(path: Path, options: ReadOptions) -> AnnData:
    """Read an AnnData file whole; coordinates and counts are brought to their places later."""
    from darlc.io.parts.anndata_file import OF_SEVERAL, read_anndata

    adata = read_anndata(path)
    if STUDY in adata.uns:
        raise InputError(f"{path} {OF_SEVERAL}")
    return adata


FORMAT = Format(
    name="h5ad",
    description="an .h5ad file",
    # Its content is judged on reading.
    suffixes=(".h5ad",),
    read=read,
)
