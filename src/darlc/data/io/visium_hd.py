"""Visium HD folders: counts in bins of several sizes, of which one is read."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from darlc.data.dataset import Dataset, ReadOptions
from darlc.data.io.chosen import pick
from darlc.data.io.listing import names
from darlc.data.io.registry import Format, register

_BINS = re.compile(r"square_(\d{3})um")


def matches(path: Path) -> bool:
    """Return whether a folder is ``binned_outputs``, or holds it."""
    return bool(_bins(path))


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read the bins of one size; the largest where none was chosen.

    ``obsm["spatial"]`` holds (x, y) in pixels of the full-resolution image.

    Raises
    ------
    InputError
        There are no bins of that size, or a part is missing or damaged.
    """
    # Not above: importing it registers it, and this format is asked first.
    from darlc.data.io import spaceranger

    bins = _bins(path)
    there = ", ".join(map(str, bins))
    notes = [f"Bins of {max(bins)} µm are read; there are {there}: --bin-size chooses."]
    size = max(bins)
    if options.bin_size is not None:
        size, notes = int(pick(path, "bin_size", str(options.bin_size), map(str, bins))), []
    dataset = spaceranger.read(bins[size], options)
    spatial = dataset.adata.uns.get("spatial", {})
    # The slide is called what its folder is called, not what its bins are.
    for name in [name for name in spatial if _BINS.fullmatch(name)]:
        spatial[path.resolve().name] = spatial.pop(name)
    return replace(
        dataset, path=path, format="visium_hd", notes=(*dataset.notes, *notes), options=options
    )


def _bins(path: Path) -> dict[int, Path]:
    """Return the folders of bins by their size in micrometres, the smallest first."""
    for folder in (path, path / "binned_outputs", path / "outs" / "binned_outputs"):
        found = [(_BINS.fullmatch(name), folder / name) for name in names(folder)]
        if bins := {int(match[1]): home for match, home in found if match and home.is_dir()}:
            return dict(sorted(bins.items()))
    return {}


register(
    Format(
        name="visium_hd",
        description="a Visium HD folder",
        matches=matches,
        read=read,
        heeds=frozenset({"bin_size"}),
    )
)
