"""Labels of observations in a second file, such as a pathologist's regions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from darlc.errors import InputError
from darlc.io.guards.boundary import reading
from darlc.io.listing import ending
from darlc.io.tables.coordinate_file import SUFFIXES, stem
from darlc.io.tables.positions import axes_of

if TYPE_CHECKING:
    from anndata import AnnData

_CALLED = ("labeled_coordinates", "labelled_coordinates", "labels", "annotations", "annotation")


def add_labels(adata: AnnData, path: Path) -> list[str]:
    """Add the text columns of the file of labels that belongs to a table, by position.

    Labels are optional: a file that cannot be used is left out, with a note.

    Parameters
    ----------
    adata
        Observations whose coordinates are near whole numbers, those of their spots; its ``obs``
        gets the columns.
    path
        The table. The file of labels has its name as prefix, and columns ``x`` and ``y``.

    Returns
    -------
    list
        Notes.
    """
    source = _find(path)
    if source is None:
        return []
    try:
        with reading(source):
            added = _join(adata, source)
    except InputError:
        return [f"The labels in {source.name} could not be used and were left out."]
    return [f"{', '.join(added)} of the observations was taken from {source.name}."]


def _find(path: Path) -> Path | None:
    wanted = [f"{stem(path)}_{each}".casefold() for each in _CALLED]
    beside = ending(path.parent, *SUFFIXES)
    return next((each for each in beside if stem(each).casefold() in wanted), None)


def _join(adata: AnnData, source: Path) -> list[str]:
    """Return the names of the columns that were added."""
    import numpy as np
    import pandas as pd

    table = pd.read_csv(source, sep=None, engine="python")
    axes = axes_of(table)
    if axes is None:
        raise ValueError("no columns are called x and y")
    place = pd.MultiIndex.from_frame(table[[axes.x, axes.y]].round())
    labels = table.iloc[:, 1:].select_dtypes(["object", "string"]).set_index(place)
    labels = labels[~labels.index.duplicated()]
    here = pd.MultiIndex.from_arrays(np.rint(adata.obsm["spatial"]).T)
    if labels.empty or not here.isin(labels.index).any():
        raise ValueError("no label is at the position of an observation")
    for name in labels:
        adata.obs[str(name)] = pd.Categorical(labels[name].reindex(here).to_numpy())
    return [str(name) for name in labels]
