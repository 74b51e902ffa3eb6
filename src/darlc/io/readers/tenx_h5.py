"""A 10x count matrix (``.h5`` or MTX) with a file of positions of its spots beside it."""

from __future__ import annotations

from pathlib import Path

from darlc.data.dataset import Dataset, ReadOptions
from darlc.errors import InputError
from darlc.io.format import Format
from darlc.io.guards.hdf5 import is_hdf5
from darlc.io.parts.tenx_files import POSITIONS, Matrix, matrix_of, positions_file_for
from darlc.io.parts.visium import add_pictures, assemble, read_positions


def matches(path: Path) -> bool:
    """Return whether a file is named like the matrix, or has positions beside it."""
    if not path.is_file():
        return False
    matrix = _matrix(path)
    if matrix.is_loose:
        return positions_file_for(matrix) is not None
    if path.suffix.lower() != ".h5" or not is_hdf5(path):
        return False
    return matrix_of(path) is not None or positions_file_for(matrix) is not None


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read a matrix, and positions and tissue image beside it.

    ``obsm["spatial"]`` holds (x, y) in pixels of the full-resolution image.

    Raises
    ------
    InputError
        There are no positions, a part is damaged, or the parts come from different runs.
    """
    source = _matrix(path)
    found = positions_file_for(source)
    if found is None:
        raise InputError(
            f"{path} has no positions beside it: put the run's spatial folder, or its "
            f"{POSITIONS[0]}, into the same folder."
        )
    matrix = source.read()
    dataset = assemble(path, matrix, read_positions(found.path), "10x_h5")
    name = found.prefix.rstrip("_.-") or path.resolve().parent.name
    return add_pictures(dataset, found.path.parent, matrix.library_id or name, found.prefix)


def _matrix(path: Path) -> Matrix:
    """Return a file as a matrix, whatever its name."""
    return matrix_of(path) or Matrix(path, "")


FORMAT = Format(
    name="10x_h5",
    description="a 10x .h5 with positions beside it",
    matches=matches,
    read=read,
)
