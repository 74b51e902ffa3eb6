"""The constants of the estimate of what a fit needs, from fits that were measured.

``python -m benchmarks.scale.needs FOLDER`` reads the ``growth.csv`` of ``benchmarks.scale.growth``
in a folder, measures some sizes more (``needs.csv``: other genes, larger pictures, an open number
of clusters, another preset), and prints the constants of ``darlc.estimate``, none below 0: the
smallest ones with which no fit needed more memory than estimated, and those with the least relative
error of seconds. It also prints estimates beside what was measured.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linprog, nnls

from benchmarks.scale.growth import Size, measure
from darlc.config import Config
from darlc.estimate import Sizes, memory_terms, time_terms
from darlc.events import STAGES

_MORE = (
    Size(others=1500),
    Size(pixels=10_800, budget=1200),
    Size(clusters=0),
    Size(preset="standard"),
)


#: Bytes of each term that are stored by design: the data and their images, eight bytes a value
#: each; counts, what they are compared with, views and bands of patterns, four bytes a pixel each.
_LEAST = (0.0, 16.0, 24.0, 0.0, 96.0)
#: Of a cluster's pixel, whose rates at six strengths are there four times; no more was ever seen.
_MOST = (None, None, None, None, 96.0)
#: Two fits of ``benchmarks.scale.large``, in GiB and seconds of two busy cores.
_LARGE = [
    {"pixels": 222_605, "peak": 4.0, "total": 343.0},
    {"pixels": 489_294, "peak": 4.5, "total": 257.0},
]
#: GiB that a process needs more that imports all packages itself.
_IMPORTED = 0.12
_OF_LARGE = {
    "genes": 2000,
    "clusters": 12,
    "others": 15_975,
    "budget": 16_000,
    "preset": "quick",
    "entries": 100_000_000,
}


def sizes_of(row: pd.Series) -> Sizes:
    """Return the sizes of a row of a table, as a fit knows them before it starts."""
    pixels = row["pixels"] if not row["budget"] else row["budget"]
    sizes = Sizes(
        genes=int(row["genes"]),
        pixels=int(min(pixels, row["pixels"])),
        others=int(row["others"]),
        pictures=int(row["pixels"]),
        entries=int(row["entries"]),
    )
    return replace(sizes, clusters=int(row["clusters"])) if row["clusters"] else sizes


def config_of(row: pd.Series) -> Config:
    """Return the settings of a row of a table."""
    return Config.from_preset(row["preset"], clusters=int(row["clusters"]) or "auto")


def bounding(terms: NDArray[np.float64], needed: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the constants with which estimates are never below, and least above, what was needed.

    Parameters
    ----------
    terms
        (n, m) of each fit.
    needed
        (n,) by each fit.
    """
    bounds = list(zip(_LEAST, _MOST, strict=True))
    cost = (terms / needed[:, None]).sum(axis=0)
    found = linprog(cost, A_ub=-terms, b_ub=-needed, bounds=bounds)
    return np.asarray(found.x)


def fitting(terms: NDArray[np.float64], spent: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the constants, none below 0, with the least relative squared error."""
    return np.asarray(nnls(terms / spent[:, None], np.ones(len(spent)))[0])


def _shown(constants: NDArray[np.float64]) -> str:
    return ", ".join(f"{each:.3g}" for each in constants)


def main() -> None:
    """Print constants, and how well they fit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    path = options.folder / "needs.csv"
    if not path.exists():
        with tempfile.TemporaryDirectory() as folder:
            pd.DataFrame([measure(size, Path(folder)) for size in _MORE]).to_csv(path, index=False)
    growth = pd.read_csv(options.folder / "growth.csv").drop(columns="varied").drop_duplicates()
    large = pd.DataFrame([_OF_LARGE | each for each in _LARGE])
    table = pd.concat([growth, pd.read_csv(path), large], ignore_index=True)
    rows = [row for _, row in table.iterrows()]
    sizes, configs = [*map(sizes_of, rows)], [*map(config_of, rows)]
    terms = np.array([memory_terms(each) for each in sizes])
    imported = np.where(table["opened"].notna(), _IMPORTED, 0.0)
    needed = (table["peak"].to_numpy() + imported) * 2**30
    constants = bounding(terms, needed)
    print(f"bytes: {_shown(constants)}")
    table["estimated"] = terms @ constants / 2**30
    spent = np.zeros(len(table))
    for stage in STAGES:
        terms = np.array([time_terms(*each)[stage] for each in zip(sizes, configs, strict=True)])
        known = table[stage].notna().to_numpy()
        constants = fitting(terms[known], np.maximum(table[stage].to_numpy()[known], 0.01))
        print(f"{stage}: {_shown(constants)}")
        spent += terms @ constants
    table["estimated seconds"] = spent
    shown = ["pixels", "genes", "clusters", "others", "budget", "preset", "peak", "estimated"]
    print(table[[*shown, "total", "estimated seconds"]].round(2).to_string(index=False))


if __name__ == "__main__":
    main()
