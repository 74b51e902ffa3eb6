"""Colours of the points of the gene map with a legend, their sizes, and emphasis."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from vispy.color import get_colormap

from darlc.results.palette import cluster_colours, rgb
from napari_darlc.genes.columns import GeneColumn

#: Colour of genes without a value, and of texts beyond the number of colours.
UNKNOWN_COLOUR = "#7f7f7f"
OTHER = "other"
#: Texts that get a colour of their own, the frequent ones first.
_MOST_TEXTS = 20
#: Columns of more texts are names, not groups.
MOST_DISTINCT = 200
#: Share of the genes beyond either end of the colour table.
_CLIPPED = 0.01
#: The dark end of the colour table cannot be seen on a dark canvas.
_DARKEST = 0.18
#: Opacity of genes that are shown, and of those that stay in the background.
_STRONG, _FAINT, _UNKNOWN = 0.85, 0.1, 0.35
#: Diameters in pixels of genes whose confidence is 0 and 1, while there are few enough genes.
_SMALLEST, _LARGEST = 2.5, 7.5
_FEW, _CROWDED = 4000, 0.6


@dataclass(frozen=True)
class Entry:
    """A colour of the legend.

    Parameters
    ----------
    label
        The text that it stands for.
    colour
        ``#rrggbb``.
    count
        Number of genes.
    """

    label: str
    colour: str
    count: int


@dataclass(frozen=True, eq=False)
class PointColours:
    """Colours of genes, and what they mean.

    Parameters
    ----------
    colours
        (n, 4) in [0, 1].
    entries
        By text, in the order of the column; empty where the column holds numbers.
    limits
        The numbers at the ends of ``number_colours()``; None where the column holds texts.
    """

    colours: NDArray[np.float32]
    entries: tuple[Entry, ...] = ()
    limits: tuple[float, float] | None = None


@cache
def number_colours() -> NDArray[np.float32]:
    """Return the colour table of numbers, (256, 3), the same on dark and on light canvases."""
    place = np.linspace(_DARKEST, 1, 256)
    return get_colormap("viridis").map(place)[:, :3].astype(np.float32)


def paint(column: GeneColumn, genes: NDArray[np.int64]) -> PointColours:
    """Colour genes by a column.

    Parameters
    ----------
    column
        Values of all genes.
    genes
        (n,) positions of the genes on the map.
    """
    known = column.known[genes]
    colours = np.empty((len(genes), 4), dtype=np.float32)
    colours[:] = (*rgb(UNKNOWN_COLOUR), _UNKNOWN)
    if not known.any():
        return PointColours(colours)
    colours[known, 3] = _STRONG
    if column.numeric:
        values = column.values[genes].astype(np.float64)
        low, high = np.quantile(values[known], [_CLIPPED, 1 - _CLIPPED])
        if high <= low:
            low, high = float(values[known].min()), float(values[known].max())
        share = np.clip((values[known] - low) / max(high - low, 1e-12), 0, 1)
        table = number_colours()
        colours[known, :3] = table[np.rint(share * (len(table) - 1)).astype(np.intp)]
        return PointColours(colours, limits=(float(low), float(high)))
    entries, code = _entries(column, genes[known])
    colours[known, :3] = np.array([rgb(entry.colour) for entry in entries])[code]
    return PointColours(colours, entries=entries)


def _entries(
    column: GeneColumn, genes: NDArray[np.int64]
) -> tuple[tuple[Entry, ...], NDArray[np.intp]]:
    """Return the legend of genes whose values are known, and the entry of each, (n,)."""
    _, first, code, counts = np.unique(
        column.key[genes], return_index=True, return_inverse=True, return_counts=True
    )
    code = code.reshape(-1)
    labels = [str(label) for label in column.values[genes[first]]]
    if all(label in column.colours for label in labels):
        entries = [
            Entry(label, column.colours[label], int(count))
            for label, count in zip(labels, counts, strict=True)
        ]
        return tuple(entries), code
    frequent = np.sort(np.argsort(-counts, kind="stable")[:_MOST_TEXTS])
    place = np.full(len(labels), len(frequent), dtype=np.intp)
    place[frequent] = np.arange(len(frequent))
    entries = [
        Entry(labels[i], colour, int(counts[i]))
        for i, colour in zip(frequent, cluster_colours(len(frequent)), strict=True)
    ]
    if len(frequent) < len(labels):
        rest = int(counts.sum() - counts[frequent].sum())
        entries.append(Entry(OTHER, UNKNOWN_COLOUR, rest))
    return tuple(entries), place[code]


def sizes(confidence: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return diameters in pixels, (n,), from confidence in [0, 1]; NaN, too, has a size."""
    known = np.nan_to_num(confidence.astype(np.float64), nan=0.3).clip(0, 1)
    crowd = 1.0 if len(confidence) <= _FEW else _CROWDED
    return (crowd * (_SMALLEST + (_LARGEST - _SMALLEST) * known)).astype(np.float32)


def emphasised(colours: NDArray[np.float32], strong: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return colours (n, 4) in which all genes but the strong ones, (n,), are faint."""
    faded = colours.copy()
    faded[~strong, 3] = np.minimum(faded[~strong, 3], _FAINT)
    return faded
