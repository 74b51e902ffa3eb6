"""Colours of observations by a column of ``obs``, with a legend."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from napari.utils.colormaps import Colormap, ensure_colormap
from numpy.typing import NDArray

from darlc.results.palette import cluster_colours, rgb

if TYPE_CHECKING:
    from anndata import AnnData

#: Most labels of an annotation; columns of more are mostly identifiers.
_MOST_LABELS = 60
#: Most different whole numbers that count as labels, such as numbers of clusters.
_FEW_NUMBERS = 20
_COLORMAP = "viridis"
#: Faint colour of observations without a value.
UNKNOWN = (0.5, 0.5, 0.5, 0.35)


@dataclass(frozen=True)
class Legend:
    """What the colours of the observations mean.

    Parameters
    ----------
    title
        Name of the column or gene.
    column
        Whether it is a column of ``obs`` instead of the current gene.
    labels
        Label, ``#rrggbb`` and number of observations, for a column of labels.
    limits
        Values at the two ends of the colormap, for numbers.
    colormap
        The colormap of numbers.
    unknown
        Number of observations without a value.
    """

    title: str
    column: bool = False
    labels: tuple[tuple[str, str, int], ...] = ()
    limits: tuple[float, float] | None = None
    colormap: Colormap | None = None
    unknown: int = 0


def annotation_columns(obs: pd.DataFrame) -> tuple[str, ...]:
    """Return the columns of ``obs`` that observations can be coloured by.

    Columns with one value, and text that hardly repeats, are left out.
    """
    return tuple(str(name) for name in obs.columns if _is_annotation(obs[name]))


def colours_by_column(
    adata: AnnData, column: str, rows: NDArray[np.int64]
) -> tuple[NDArray[np.float32], Legend]:
    """Colour observations by a column of ``obs``.

    Parameters
    ----------
    adata
        Colours in ``uns["<column>_colors"]``, where scanpy stores them, are used if they fit.
    column
        Labels or numbers.
    rows
        (n,) positions of the observations.

    Returns
    -------
    colours
        (n, 4) in [0, 1].
    legend
        Legend of the colours.
    """
    values = adata.obs[column]
    if _is_numeric(values):
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)[rows]
        known = numbers[np.isfinite(numbers)]
        low, high = np.percentile(known, (1.0, 99.0)) if known.size else (0.0, 1.0)
        if high <= low:
            low, high = (known.min(), known.max()) if known.size else (0.0, 1.0)
        colours, legend = colours_of(numbers, (float(low), float(high)), _COLORMAP, column)
        return colours, replace(legend, column=True)
    labels = values if isinstance(values.dtype, pd.CategoricalDtype) else values.astype("category")
    names = tuple(str(name) for name in labels.cat.categories)
    palette = _palette(adata.uns.get(f"{column}_colors"), len(names))
    codes = labels.cat.codes.to_numpy()[rows]
    table = np.array([*((*rgb(colour), 1.0) for colour in palette), UNKNOWN], dtype=np.float32)
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    legend = Legend(
        column,
        column=True,
        labels=tuple(
            (name, colour, int(count))
            for name, colour, count in zip(names, palette, counts, strict=True)
            if count
        ),
        unknown=int((codes < 0).sum()),
    )
    return table[codes], legend


def colours_of(
    values: NDArray[np.floating],
    limits: tuple[float, float],
    colormap: str | Colormap,
    title: str,
) -> tuple[NDArray[np.float32], Legend]:
    """Colour values, (n,), by a colormap and its limits; values that are not finite are faint."""
    scale = ensure_colormap(colormap)
    known = np.isfinite(values)
    span = max(limits[1] - limits[0], 1e-12)
    shares = np.clip((np.where(known, values, limits[0]) - limits[0]) / span, 0.0, 1.0)
    colours = np.asarray(scale.map(shares), dtype=np.float32)
    colours[~known] = UNKNOWN
    return colours, Legend(title, limits=limits, colormap=scale, unknown=int((~known).sum()))


def _is_annotation(values: pd.Series[Any]) -> bool:
    if isinstance(values.dtype, pd.CategoricalDtype) or not pd.api.types.is_numeric_dtype(values):
        try:
            distinct = values.nunique()
        except TypeError:  # lists and other values that are not hashable
            return False
        return 1 < distinct <= _MOST_LABELS
    return values.nunique() > 1


def _is_numeric(values: pd.Series[Any]) -> bool:
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return False
    return not pd.api.types.is_integer_dtype(values) or values.nunique() > _FEW_NUMBERS


def _palette(stored: Any, n: int) -> tuple[str, ...]:
    """Return the file's colours of ``n`` labels; default ones where it has no valid ones."""
    if stored is not None and np.ndim(stored) == 1 and len(stored) >= n:
        colours = tuple(str(colour)[:7].lower() for colour in np.asarray(stored)[:n])
        if all(_is_colour(colour) for colour in colours):
            return colours
    return cluster_colours(n)


def _is_colour(colour: str) -> bool:
    return len(colour) == 7 and colour[0] == "#" and set(colour[1:]) <= set("0123456789abcdef")
