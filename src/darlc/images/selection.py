"""Choice of the genes that draw patterns: those that vary most, and those the user includes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from darlc.errors import InputError
from darlc.images.sgep_images import SGEPImages
from darlc.images.statistics import morans_i

#: Fewest pixels with expression for a gene to show a pattern.
_FEWEST_PIXELS = 5
_CHUNK = 1024
#: Why a gene draws no patterns although it can follow one.
LESS_VARIABLE = "less spatial variability than those kept"


@dataclass(frozen=True, eq=False)
class Selection:
    """Genes that draw the patterns, and why the others do not.

    Parameters
    ----------
    genes
        (G,) positions of these genes among all genes, ascending.
    variability
        (n_genes,) Moran's I; NaN where a gene is too sparse to have one.
    reason
        (n_genes,) why a gene draws none; empty for those that do.
    """

    genes: NDArray[np.int64]
    variability: NDArray[np.float64]
    reason: NDArray[np.str_]

    @property
    def others(self) -> NDArray[np.int64]:
        """Positions of the genes that draw no patterns but can follow one, ascending."""
        return np.flatnonzero(self.reason == LESS_VARIABLE)

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on how many genes draw patterns, and on each reason to leave genes out."""
        kept = (self.reason == "") | (self.reason == LESS_VARIABLE)
        reasons, counts = np.unique(self.reason[~kept], return_counts=True)
        others = len(self.others)
        return (
            f"{len(self.genes)} of {len(self.reason)} genes draw the patterns"
            + (f"; {others} less variable ones are compared with them." if others else "."),
            *(f"{n} genes left out: {why}." for why, n in zip(reasons, counts, strict=True)),
        )


def choose_genes(images: SGEPImages, genes: int, include: Sequence[str] = ()) -> Selection:
    """Choose the genes with the highest Moran's I, and those that the user includes.

    Parameters
    ----------
    images
        All genes.
    genes
        Most genes to model, the included ones among them.
    include
        Names of genes to model whatever their variability.

    Raises
    ------
    InputError
        A name in ``include`` is not known, or its gene has no expression; or fewer than two genes
        are expressed, or vary.
    """
    wanted = images.index(list(dict.fromkeys(include)))
    detected = np.diff(images.matrix.indptr)
    silent = wanted[detected[wanted] == 0]
    if len(silent):
        raise InputError(
            f"the included gene {images.gene_names[silent[0]]} has no expression in the tissue: "
            "leave it out."
        )
    fewest = fewest_pixels(images)
    usable = np.flatnonzero(detected >= fewest)
    variability = np.full(images.n_genes, np.nan)
    variability[usable] = _variability(images, usable)
    varying = usable[np.isfinite(variability[usable])]
    order = varying[np.argsort(-variability[varying], kind="stable")]
    others = order[~np.isin(order, wanted)]
    kept = np.sort(np.concatenate([wanted, others[: max(genes - len(wanted), 0)]]))
    if len(kept) < 2:
        why = (
            "are expressed in enough pixels to have a pattern"
            if len(usable) < 2
            else "vary over the tissue, relative to the pixels' totals"
        )
        raise InputError(f"fewer than two genes {why}: check which matrix of the file is read.")
    reason = np.full(images.n_genes, LESS_VARIABLE, dtype="<U64")
    reason[detected < fewest] = f"expressed in fewer than {fewest} pixels"
    reason[detected == 0] = "without any expression"
    reason[np.setdiff1d(usable, varying)] = "the same in every pixel, relative to its total"
    reason[kept] = ""
    return Selection(kept, variability, reason)


def fewest_pixels(images: SGEPImages) -> int:
    """Return the fewest pixels in which a gene must be expressed to show a pattern."""
    return min(_FEWEST_PIXELS, images.n_pixels // 4)


def shows_pattern(images: SGEPImages) -> NDArray[np.bool_]:
    """Return which genes (g,) are expressed in enough pixels to show a pattern."""
    return np.asarray(np.diff(images.matrix.indptr) >= fewest_pixels(images))


def _variability(images: SGEPImages, genes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return Moran's I of log-normalised expression, (g,), by chunks that fit into memory."""
    adjacency = images.grid.neighbours
    parts = [
        morans_i(images.expression(genes[start : start + _CHUNK]), adjacency)
        for start in range(0, len(genes), _CHUNK)
    ]
    return np.concatenate(parts) if parts else np.empty(0)
