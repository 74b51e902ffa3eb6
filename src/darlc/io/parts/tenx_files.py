"""Names of the files of a 10x run: matrices and positions, with or without a sample's prefix.

Public repositories have files of many samples in one folder, with the sample's name as prefix.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from darlc.io.listing import names

if TYPE_CHECKING:
    from darlc.io.parts.tenx_matrix import TenxMatrix

#: Space Ranger 2 and later, 1, and the HD pipeline.
POSITIONS = ("tissue_positions.csv", "tissue_positions_list.csv", "tissue_positions.parquet")
_POSITIONS = re.compile(
    r"(?P<prefix>.*?)tissue_positions(_list)?\.(csv|parquet|csv\.gz|txt|tsv)", re.IGNORECASE
)
_NAME = r"_(feature|gene)_(bc|cell)_matri(x|ces)"
#: Matrices in order of preference, and whether each is a folder.
_MATRICES = (
    (re.compile(rf"(?P<prefix>.*?)filtered{_NAME}(_h5)?\.h5"), False),
    (re.compile(rf"(?P<prefix>.*?)filtered{_NAME}"), True),
    (re.compile(r"(?P<prefix>.*?)matrix\.mtx(\.gz)?"), False),
    (re.compile(rf"(?P<prefix>.*?)raw{_NAME}(_h5)?\.h5"), False),
    (re.compile(rf"(?P<prefix>.*?)raw{_NAME}"), True),
)


@dataclass(frozen=True)
class Matrix:
    """A matrix that was found.

    Parameters
    ----------
    path
        An ``.h5``, a folder of MTX files, or the MTX file itself where it is among other files.
    prefix
        Prefix of its name.
    """

    path: Path
    prefix: str

    @property
    def is_loose(self) -> bool:
        """Whether it is an MTX file among other files."""
        return self.path.name.endswith(("matrix.mtx", "matrix.mtx.gz"))

    @property
    def is_raw(self) -> bool:
        """Whether it also holds barcodes outside the tissue."""
        return self.path.name.removeprefix(self.prefix).startswith("raw_")

    def read(self) -> TenxMatrix:
        """Read it.

        Raises
        ------
        InputError
            The matrix is damaged, or a part is missing.
        """
        from darlc.io.parts.tenx_matrix import read_h5, read_mtx

        if self.path.is_dir():
            # Cell Ranger 2 has a folder for every genome in it.
            inside = [self.path / name for name in names(self.path)]
            nested = len(inside) == 1 and inside[0].is_dir()
            return read_mtx(inside[0] if nested else self.path)
        if self.path.suffix == ".h5":
            return read_h5(self.path)
        return read_mtx(self.path.parent, self.prefix)


@dataclass(frozen=True)
class PositionsFile:
    """A file of positions that was found, and the prefix of its name."""

    path: Path
    prefix: str


def matrix_of(path: Path) -> Matrix | None:
    """Return the matrix that a path is by its name, or None."""
    for pattern, is_folder in _MATRICES:
        if (match := pattern.fullmatch(path.name)) and path.is_dir() == is_folder:
            return Matrix(path, match["prefix"])
    return None


def matrices(folder: Path) -> list[Matrix]:
    """Return the matrices in a folder: the preferred one of every sample.

    Raw matrices are left out where there is any filtered one.
    """
    known = [each for name in names(folder) if (each := matrix_of(folder / name))]
    found: dict[str, Matrix] = {}
    for matrix in sorted(known, key=_preference):
        found.setdefault(matrix.prefix, matrix)
    filtered = [each for each in found.values() if not each.is_raw]
    return filtered or list(found.values())


def positions_files(folder: Path) -> list[PositionsFile]:
    """Return the positions in a folder and in its ``spatial``, the latter first."""
    found = []
    for home in (folder / "spatial", folder):
        for name in names(home):
            if match := _POSITIONS.fullmatch(name):
                found.append(PositionsFile(home / name, match["prefix"]))
    return found


def positions_file_for(matrix: Matrix) -> PositionsFile | None:
    """Return the positions for a matrix: those of its sample, else the only ones."""
    there = positions_files(matrix.path.parent)
    for prefix in (matrix.prefix, ""):
        if fitting := [each for each in there if each.prefix == prefix]:
            return min(fitting, key=lambda each: _rank(each.path.name.removeprefix(prefix)))
    sample = matrix.prefix.rstrip("_.-")
    like = [each for each in there if re.match(rf"{re.escape(sample)}([_.-]|$)", each.prefix)]
    if sample and len(like) == 1:
        return like[0]
    alone = len({each.prefix for each in there}) == 1 and len(matrices(matrix.path.parent)) < 2
    return there[0] if alone else None


def _preference(matrix: Matrix) -> int:
    name = matrix.path.name
    return next(i for i, (pattern, _) in enumerate(_MATRICES) if pattern.fullmatch(name))


def _rank(name: str) -> int:
    return POSITIONS.index(name) if name in POSITIONS else len(POSITIONS)
