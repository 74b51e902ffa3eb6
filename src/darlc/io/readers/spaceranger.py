"""Space Ranger folders: count matrix, positions of spots, and tissue image.

Public repositories have the same files in one folder, with the sample's name as prefix.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from darlc.data.dataset import Dataset, ReadOptions
from darlc.errors import InputError
from darlc.io.format import Format
from darlc.io.parts.tenx_files import (
    POSITIONS,
    Matrix,
    PositionsFile,
    matrices,
    positions_file_for,
    positions_files,
)
from darlc.io.parts.visium import add_pictures, assemble, read_positions
from darlc.wording import listed


@dataclass(frozen=True)
class _Layout:
    """Where the parts of a folder are; None where a part is missing."""

    folder: Path
    matrices: tuple[Matrix, ...]
    positions: PositionsFile | None

    @property
    def claims(self) -> bool:
        """Whether the files are Space Ranger's; MTX files alone may also be of single cells."""
        whole = any(not each.is_loose for each in self.matrices)
        return whole or self.positions is not None


def matches(path: Path) -> bool:
    """Return whether a folder holds the matrix or the positions that Space Ranger writes."""
    return _look(path).claims


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read a Space Ranger folder, or the folder above its ``outs``.

    ``obsm["spatial"]`` holds (x, y) in pixels of the full-resolution image.

    Raises
    ------
    InputError
        A part is missing or damaged, or the parts come from different runs.
    """
    layout = _look(path)
    if not layout.matrices:
        raise InputError(
            f"{path} holds no filtered_feature_bc_matrix.h5 and no filtered_feature_bc_matrix "
            "folder: copy one of them from the run's outs folder."
        )
    if len(layout.matrices) > 1:
        names = " and ".join(each.path.name for each in layout.matrices[:2])
        raise InputError(
            f"{path} holds {names}: keep one of them in the folder, or open the one you mean."
        )
    found = positions_file_for(layout.matrices[0])
    if found is None:
        there = positions_files(layout.folder)
        raise InputError(
            f"{path} holds no spatial/{POSITIONS[0]}: copy the spatial folder from the run's outs "
            "folder."
            if not there
            else f"{path} holds no positions for {layout.matrices[0].path.name} "
            f"({listed(each.path.name for each in there)}): give both names the same beginning."
        )
    matrix = layout.matrices[0].read()
    dataset = assemble(path, matrix, read_positions(found.path), "spaceranger")
    home = path.resolve()
    name = found.prefix.rstrip("_.-") or (home.parent.name if home.name == "outs" else home.name)
    return add_pictures(dataset, found.path.parent, matrix.library_id or name, found.prefix)


def is_complete(folder: Path) -> bool:
    """Return whether a folder holds a matrix and the positions that belong to it."""
    layout = _look(folder)
    return len(layout.matrices) == 1 and positions_file_for(layout.matrices[0]) is not None


def _look(path: Path) -> _Layout:
    """Find the parts, in the folder or in its ``outs``; the more complete one is used."""
    here, below = (_look_in(folder) for folder in (path, path / "outs"))
    return max(here, below, key=lambda each: bool(each.matrices) + bool(each.positions))


def _look_in(folder: Path) -> _Layout:
    found, there = matrices(folder), positions_files(folder)
    # Names without a prefix are preferred.
    exact = [each for each in found if not each.prefix]
    return _Layout(folder, tuple(exact or found), there[0] if there else None)


FORMAT = Format(
    name="spaceranger",
    description="a Space Ranger folder",
    matches=matches,
    read=read,
)
