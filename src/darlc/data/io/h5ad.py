"""AnnData files (``.h5ad``) with coordinates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from darlc.data.dataset import Dataset
from darlc.data.io.hdf5 import check_hdf5
from darlc.data.io.registry import Format, register

if TYPE_CHECKING:
    from anndata import AnnData


def matches(path: Path) -> bool:
    """Return whether a path is named like an AnnData file; its content is judged on reading."""
    return path.suffix.lower() == ".h5ad" and path.is_file()


def read(path: Path) -> Dataset:
    """Read an AnnData file whole, and bring its coordinates to ``obsm["spatial"]``."""
    import anndata

    check_hdf5(path)
    adata = anndata.read_h5ad(path)
    notes = [note for note in (_locate(adata), _flatten(adata)) if note is not None]
    return Dataset(adata=adata, path=path, format="h5ad", notes=tuple(notes))


def _locate(adata: AnnData) -> str | None:
    """Copy coordinates that stand elsewhere; finding none is left to the common checks."""
    if "spatial" in adata.obsm:
        return None
    if "X_spatial" in adata.obsm:
        adata.obsm["spatial"] = adata.obsm["X_spatial"].copy()
        return "Coordinates were taken from obsm['X_spatial']."
    if {"x", "y"} <= set(adata.obs.columns):
        adata.obsm["spatial"] = adata.obs[["x", "y"]].to_numpy()
        return "Coordinates were taken from the obs columns x and y."
    return None


def _flatten(adata: AnnData) -> str | None:
    """Bring coordinates to a plain (n_obs, 2) array; nothing that the file held is lost."""
    import numpy as np

    if "spatial" not in adata.obsm:
        return None
    found = adata.obsm["spatial"]
    if isinstance(found, np.ndarray) and found.ndim == 2 and found.shape[1] <= 2:
        return None
    columns = getattr(found, "columns", ())
    # A table may list y before x; an array cannot say.
    values = np.asarray(found[["x", "y"]] if {"x", "y"} <= set(columns) else found)
    if values.ndim != 2:
        return None
    adata.obsm["spatial_original"] = found
    adata.obsm["spatial"] = values[:, :2].copy()
    width = found.shape[1]
    if width <= 2:
        return "Coordinates were a table in obsm['spatial'] and are now an array."
    return (
        f"Of the {width} columns of coordinates two are used as x and y; "
        "all of them stand in obsm['spatial_original']."
    )


register(
    Format(
        name="h5ad",
        description='an .h5ad file with coordinates in obsm["spatial"]',
        matches=matches,
        read=read,
    )
)
