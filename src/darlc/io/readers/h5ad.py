"""AnnData files (``.h5ad``) with coordinates."""

from __future__ import annotations

from pathlib import Path

from darlc.data.dataset import Dataset, ReadOptions
from darlc.io.registry import Format, register


def matches(path: Path) -> bool:
    """Return whether a path is named like an AnnData file; its content is judged on reading."""
    return path.suffix.lower() == ".h5ad" and path.is_file()


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read an AnnData file whole; coordinates and counts are brought to their usual places."""
    from darlc.io.checks.anndata_layout import bring_counts, locate
    from darlc.io.parts.anndata_file import read_anndata

    adata = read_anndata(path)
    notes = locate(adata) + ([] if options.layer else bring_counts(adata))
    return Dataset(adata=adata, path=path, format="h5ad", notes=tuple(notes))


register(
    Format(
        name="h5ad",
        description="an .h5ad file",
        matches=matches,
        read=read,
    )
)
