"""A dataset as it was opened: the AnnData, where it came from, and what there is to say of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from anndata import AnnData


@dataclass(frozen=True)
class Dataset:
    """An opened dataset.

    Parameters
    ----------
    adata
        Observations × genes; ``obsm["spatial"]`` holds (x, y) of every observation, and
        ``obs["array_row"]``, ``obs["array_col"]`` where the platform has a lattice. Space Ranger
        images and scale factors stand in ``uns["spatial"]``, as scanpy and squidpy keep them.
    path
        What was opened; None for data made in memory.
    format
        Name of the reader that opened it.
    notes
        One sentence each on what was assumed, left out or changed while reading.
    """

    adata: AnnData
    path: Path | None = None
    format: str = "memory"
    notes: tuple[str, ...] = field(default=())

    @property
    def name(self) -> str:
        """Short name for titles: the file's or folder's name without its suffix."""
        return self.path.stem if self.path is not None else "dataset"
