"""From the user's AnnData to SGEP images: checked, with unique names; the input is not modified."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from darlc.data.dataset import Dataset
from darlc.data.shallow_copy import shallow_copy
from darlc.images.sections.global_coordinates import use_global
from darlc.images.sections.stacked_sections import refuse_stacked, stacked
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.io.checks.anndata_layout import bring_counts, locate
from darlc.io.checks.dataset_checks import check

if TYPE_CHECKING:
    from anndata import AnnData


def prepare(
    adata: AnnData, bin_size: float | None = None, name: str = "adata", *, separate: bool = False
) -> tuple[AnnData, SGEPImages]:
    """Check data and return their SGEP images, with notes on everything that was assumed.

    Parameters
    ----------
    adata
        Observations × genes.
    bin_size
        As for ``rasterize``.
    name
        Name of the data for error messages.
    separate
        As for ``rasterize``.

    Returns
    -------
    checked
        The same data with unique gene names, with coordinates and counts in their usual places, and
        features that are not genes moved out of the table. It shares its arrays with ``adata``
        unless there are such features.
    images
        All genes.

    Raises
    ------
    InputError
        The data cannot be used; the message says why.
    """
    own = shallow_copy(adata)
    notes = tuple(locate(own) + bring_counts(own))
    dataset = check(Dataset(own, notes=notes), Path(name))
    more = () if separate else _separated(dataset.adata, name)
    images = rasterize(dataset.adata, bin_size, name, separate=True)
    return dataset.adata, replace(images, notes=dataset.notes + more + images.notes)


def _separated(adata: AnnData, name: str) -> tuple[str, ...]:
    """Use coordinates by which fields do not overlap, and refuse sections that still do."""
    stack = stacked(adata)
    if notes := tuple(use_global(adata, stack)):
        stack = stacked(adata)
    refuse_stacked(adata, stack, name)
    return notes
