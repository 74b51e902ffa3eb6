"""AnnData stores (``.zarr``) with coordinates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from darlc.data.dataset import ReadOptions
from darlc.io.format import Format
from darlc.io.guards.zarr_store import is_zarr

if TYPE_CHECKING:
    from anndata import AnnData


def matches(path: Path) -> bool:
    """Return whether a folder is a Zarr store with tables of observations and genes."""
    return is_zarr(path) and (path / "obs").is_dir() and (path / "var").is_dir()


def read(path: Path, options: ReadOptions) -> AnnData:
    """Read an AnnData store whole; coordinates and counts are brought to their places later."""
    from darlc.io.parts.anndata_file import read_anndata

    return read_anndata(path)


FORMAT = Format(
    name="zarr",
    description="an AnnData .zarr",
    matches=matches,
    read=read,
)
