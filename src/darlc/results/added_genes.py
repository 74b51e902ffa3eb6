"""Genes outside the model that were denoised and embedded on request."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from darlc.data.keys import StoredAdded
from darlc.errors import InputError

if TYPE_CHECKING:
    from darlc.images.sgep_images import SGEPImages
    from darlc.results.result import Result


@dataclass(frozen=True, eq=False)
class AddedGenes:
    """Denoised views and embeddings of genes that were not part of the fit.

    Parameters
    ----------
    gene_names
        (A,) in the order of requests.
    embedding
        (A, D) float32, comparable with that of the modelled genes.
    denoised
        (A, P) float16 denoised views over tissue pixels, log-normalised units.

    Raises
    ------
    ValueError
        The arrays are of different genes.
    """

    gene_names: NDArray[np.str_]
    embedding: NDArray[np.float32]
    denoised: NDArray[np.float16]

    def __post_init__(self) -> None:
        rows = {len(self.gene_names), len(self.embedding), len(self.denoised)}
        if len(rows) > 1 or self.embedding.ndim != 2 or self.denoised.ndim != 2:
            raise ValueError(f"added genes whose arrays have {sorted(rows)} rows")

    @property
    def n_genes(self) -> int:
        """Number A of added genes."""
        return len(self.gene_names)

    def select(self, rows: NDArray[np.int64]) -> Self:
        """Return some of the genes."""
        return type(self)(self.gene_names[rows], self.embedding[rows], self.denoised[rows])

    def and_then(self, others: Iterable[Self]) -> Self:
        """Return these genes and others of the same result after them."""
        parts = [self, *others]
        return type(self)(
            np.concatenate([part.gene_names for part in parts]),
            np.concatenate([part.embedding for part in parts]),
            np.concatenate([part.denoised for part in parts]),
        )


def pack_added(added: AddedGenes | None) -> StoredAdded:
    """Return added genes as arrays by name, their embeddings apart; none where there are none."""
    if added is None:
        return {}
    return {"genes": added.gene_names, "denoised": added.denoised}


def unpack_added(
    stored: StoredAdded, embedding: Callable[[NDArray[np.str_]], NDArray[np.float32]]
) -> AddedGenes | None:
    """Rebuild what ``pack_added`` took apart.

    Parameters
    ----------
    stored
        Arrays by name.
    embedding
        From (A,) names to (A, D) embeddings.

    Raises
    ------
    ValueError
        The arrays are of different genes.
    """
    if not stored:
        return None
    names = np.array([str(name) for name in stored["genes"]], dtype=np.str_)
    return AddedGenes(names, embedding(names), np.asarray(stored["denoised"], dtype=np.float16))


def outside(result: Result, images: SGEPImages) -> SGEPImages:
    """Return those of some genes that are neither modelled nor added yet."""
    known = result.gene_names
    if result.added is not None:
        known = np.concatenate([known, result.added.gene_names])
    return images.select(np.flatnonzero(~np.isin(images.gene_names, known)))


def modelled_rows(result: Result, images: SGEPImages) -> NDArray[np.int64]:
    """Return the rows (g,) that genes have in a result; -1 for those outside the model."""
    row = {name: i for i, name in enumerate(result.gene_names)}
    return np.array([row.get(name, -1) for name in images.gene_names], dtype=np.int64)


def check_grid(result: Result, images: SGEPImages) -> None:
    """Refuse images that lie on other tissue pixels than a result.

    Raises
    ------
    InputError
        They do.
    """
    if not np.array_equal(images.grid.mask, result.grid.mask):
        raise InputError(
            "the images lie on another tissue grid than the result: rasterize the same data."
        )
