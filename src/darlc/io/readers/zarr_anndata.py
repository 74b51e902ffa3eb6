"""AnnData stores (``.zarr``) with coordinates."""

from __future__ import annotations

from pathlib import Path

from darlc.data.dataset import Dataset, ReadOptions
from darlc.io.guards.zarr_store import is_zarr
from darlc.io.registry import Format, register


def matches(path: Path) -> bool:
    """Return whether a folder is a Zarr store with tables of observations and genes."""
    return is_zarr(path) and (path / "obs").is_dir() and (path / "var").is_dir()


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read an AnnData store whole; coordinates and counts are brought to their usual places."""
    from darlc.io.checks.anndata_layout import bring_counts, locate
    from darlc.io.parts.anndata_file import read_anndata

    adata = read_anndata(path)
    notes = locate(adata) + ([] if options.layer else bring_counts(adata))
    return Dataset(adata=adata, path=path, format="zarr", notes=tuple(notes))


register(
    Format(
        name="zarr",
        description="an AnnData .zarr",
        matches=matches,
        read=read,
    )
)
