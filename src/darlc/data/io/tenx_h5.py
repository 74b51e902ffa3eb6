"""The 10x count matrix (``.h5``) by itself, with the positions of its spots beside it."""

from __future__ import annotations

from pathlib import Path

from darlc.data.dataset import Dataset, ReadOptions
from darlc.data.io.hdf5 import is_hdf5
from darlc.data.io.registry import Format, register
from darlc.data.io.visium import POSITIONS, add_pictures, assemble, find_positions, read_positions
from darlc.errors import InputError

_ENDINGS = ("filtered_feature_bc_matrix.h5", "raw_feature_bc_matrix.h5")


def matches(path: Path) -> bool:
    """Return whether a file is named like the matrix, or has positions beside it."""
    if path.suffix.lower() != ".h5" or not is_hdf5(path):
        return False
    return path.name.endswith(_ENDINGS) or _positions(path) is not None


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read a matrix, the positions beside it and the tissue image that lies with them.

    ``obsm["spatial"]`` holds (x, y) in pixels of the full-resolution image.

    Raises
    ------
    InputError
        There are no positions, a part is damaged, or the parts come from different runs.
    """
    from darlc.data.io.tenx_matrix import read_h5

    found = _positions(path)
    if found is None:
        raise InputError(
            f"{path} has no positions beside it: put the run's spatial folder, or its "
            f"{POSITIONS[0]}, into the same folder."
        )
    prefix, positions = found
    matrix = read_h5(path)
    dataset = assemble(path, matrix, read_positions(positions), "10x_h5")
    name = prefix.rstrip("_") or path.resolve().parent.name
    return add_pictures(dataset, positions.parent, matrix.library_id or name, prefix)


def _positions(path: Path) -> tuple[str, Path] | None:
    """Return the prefix that the names of a sample's files share, and its positions.

    They lie in ``spatial``, or beside the matrix as public repositories keep them.
    """
    prefixes = [path.name.removesuffix(each) for each in _ENDINGS if path.name.endswith(each)]
    for prefix in (*prefixes, ""):
        for folder in (path.parent / "spatial", path.parent):
            if (file := find_positions(folder, prefix)) is not None:
                return prefix, file
    return None


register(
    Format(
        name="10x_h5",
        description="a 10x .h5 with positions beside it",
        matches=matches,
        read=read,
    )
)
