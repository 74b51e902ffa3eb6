"""Which genes and clusters mark each value of an annotation of the observations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from darlc.errors import InputError
from darlc.explore.enrichment import FEWEST_OBSERVATIONS
from darlc.explore.region import RegionMarkers, Regions
from darlc.images.sgep_images import SGEPImages
from darlc.results.clusters import Clusters

if TYPE_CHECKING:
    import pandas as pd
    from anndata import AnnData

#: Most values of an annotation: a text column of more mostly holds names of observations, a column
#: of more whole numbers mostly counts.
_MOST_WORDS, _MOST_NUMBERS = 60, 20
#: Columns of positions, which are not annotations.
_PLACES = frozenset({"array_row", "array_col", "in_tissue", "x", "y"})


def annotation_values(adata: AnnData) -> dict[str, tuple[str, ...]]:
    """Return the columns of ``obs`` that annotate observations, with their values as text.

    The values are in the order of their categories, else sorted. Columns with many different
    values, with one value, of fractions, and of positions are not annotations.
    """
    found = {}
    for column in adata.obs.columns:
        if column not in _PLACES and _annotates(adata.obs[column]):
            found[str(column)] = _values(adata.obs[column])
    return found


def markers(
    adata: AnnData,
    images: SGEPImages,
    column: str,
    modelled: NDArray[np.int64] | None = None,
    clusters: Clusters | None = None,
    value: str | None = None,
) -> dict[str, RegionMarkers]:
    """Compare the observations of each value with those of all other values.

    Observations whose annotation is missing are left out, and so are values of fewer than five
    observations.

    Parameters
    ----------
    adata, images, modelled, clusters
        As for `Regions`.
    column
        Of ``obs``.
    value
        Compare this value only.

    Raises
    ------
    InputError
        There is no such column or value, or too few observations have one.
    """
    known = annotation_values(adata)
    if column not in adata.obs:
        raise InputError(
            f"obs has no column '{column}': "
            f"choose one of these: {', '.join(known) or 'there is none'}."
        )
    if column not in known:
        raise InputError(
            f"obs['{column}'] does not sort observations into a few kinds: "
            f"choose one of these: {', '.join(known) or 'there is none'}."
        )
    names = known[column]
    if value is not None and value not in names:
        raise InputError(
            f"obs['{column}'] has no value '{value}': choose one of these: "
            f"{', '.join(names[:20])}{', …' if len(names) > 20 else ''}."
        )
    labels = adata.obs[column].astype(object)
    missing = labels.isna().to_numpy()
    label = labels.astype(str).to_numpy()
    regions = Regions(adata, images, modelled, clusters, ~missing)
    asked = [value] if value is not None else names
    found = {}
    for name in asked:
        inside = (label == name) & ~missing
        n_inside = int((inside & (images.observation_pixel >= 0)).sum())
        if value is None and n_inside < FEWEST_OBSERVATIONS:
            continue
        found[name] = regions.compare(inside)
    if not found:
        raise InputError(
            f"no value of obs['{column}'] has {FEWEST_OBSERVATIONS} observations: "
            "choose another column."
        )
    return found


def _annotates(values: pd.Series[Any]) -> bool:
    if values.dtype.kind in "iuf":
        known = values.dropna()
        return bool((known % 1 == 0).all()) and 2 <= known.nunique() <= _MOST_NUMBERS
    try:
        n_kinds = values.nunique()
    except TypeError:  # lists and other values that are not hashable
        return False
    return 2 <= n_kinds <= min(_MOST_WORDS, len(values) // 2)


def _values(values: pd.Series[Any]) -> tuple[str, ...]:
    """Return the values that occur, as text, in their order."""
    if values.dtype == "category":
        return tuple(str(each) for each in values.cat.remove_unused_categories().cat.categories)
    known = values.dropna().unique()
    in_order = sorted(known) if values.dtype.kind in "iufb" else sorted(known, key=str)
    return tuple(str(each) for each in in_order)
