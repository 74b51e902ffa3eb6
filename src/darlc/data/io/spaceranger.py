"""Space Ranger folders: the count matrix, where the spots lie, and the picture of the tissue."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from darlc.data.dataset import Dataset, ReadOptions
from darlc.data.io.listing import ending
from darlc.data.io.registry import Format, register
from darlc.data.io.visium import POSITIONS, add_pictures, assemble, find_positions, read_positions
from darlc.errors import InputError

#: The first that is there is taken; what lies outside the tissue is left out of the second.
_MATRICES = ("filtered_feature_bc_matrix", "raw_feature_bc_matrix")


@dataclass(frozen=True)
class _Layout:
    """Where the parts of a folder are; None where a part is missing."""

    matrices: tuple[Path, ...]
    positions: Path | None
    spatial: Path


def matches(path: Path) -> bool:
    """Return whether a folder holds the matrix or the positions that Space Ranger writes."""
    layout = _look(path)
    return bool(layout.matrices or layout.positions)


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read a Space Ranger folder, or the folder above its ``outs``.

    ``obsm["spatial"]`` holds (x, y) in pixels of the full-resolution image.

    Raises
    ------
    InputError
        A part is missing or damaged, or the parts come from different runs.
    """
    from darlc.data.io.tenx_matrix import read_h5, read_mtx

    layout = _look(path)
    if not layout.matrices:
        raise InputError(
            f"{path} holds no {_MATRICES[0]}.h5 and no {_MATRICES[0]} folder: "
            "copy one of them from the run's outs folder."
        )
    if layout.positions is None:
        raise InputError(
            f"{path} holds no spatial/{POSITIONS[0]}: "
            "copy the spatial folder from the run's outs folder."
        )
    if len(layout.matrices) > 1:
        names = " and ".join(each.name for each in layout.matrices[:2])
        raise InputError(
            f"{path} holds {names}: keep one of them in the folder, or open the one you mean."
        )
    source = layout.matrices[0]
    matrix = read_mtx(source) if source.is_dir() else read_h5(source)
    dataset = assemble(path, matrix, read_positions(layout.positions), "spaceranger")
    home = path.resolve()
    name = home.parent.name if home.name == "outs" else home.name
    return add_pictures(dataset, layout.spatial, matrix.library_id or name)


def _look(path: Path) -> _Layout:
    """Find the parts, in the folder or in its ``outs``; the fuller of the two is taken."""
    here, below = (_look_in(folder) for folder in (path, path / "outs"))
    return max(here, below, key=lambda each: bool(each.matrices) + bool(each.positions))


def _look_in(folder: Path) -> _Layout:
    spatial = folder / "spatial"
    found = (_matrices(folder, name) for name in _MATRICES)
    return _Layout(next((each for each in found if each), ()), find_positions(spatial), spatial)


def _matrices(folder: Path, name: str) -> tuple[Path, ...]:
    """One .h5 under its own name wins; repositories put the sample's name before it."""
    if (exact := folder / f"{name}.h5").is_file():
        return (exact,)
    if prefixed := ending(folder, f"_{name}.h5"):
        return tuple(prefixed)
    return (folder / name,) if (folder / name).is_dir() else ()


register(
    Format(
        name="spaceranger",
        description="a Space Ranger folder",
        matches=matches,
        read=read,
    )
)
