"""From data as the user has them to SGEP images: checked, with unique names, never modified."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from darlc.data.dataset import Dataset
from darlc.data.images import SGEPImages, rasterize
from darlc.data.io.checks import check
from darlc.data.shallow import shallow_copy

if TYPE_CHECKING:
    from anndata import AnnData


def prepare(adata: AnnData, bin_size: float | None = None) -> tuple[AnnData, SGEPImages]:
    """Check data and make their SGEP images, whose notes say all that was assumed.

    Parameters
    ----------
    adata
        Observations × genes.
    bin_size
        As for ``rasterize``.

    Returns
    -------
    checked
        The same data under unique gene names; it shares its arrays with ``adata``.
    images
        All genes.

    Raises
    ------
    InputError
        The data cannot be drawn; the sentence says why.
    """
    dataset = check(Dataset(shallow_copy(adata)), Path("adata"))
    images = rasterize(dataset.adata, bin_size)
    return dataset.adata, replace(images, notes=dataset.notes + images.notes)
