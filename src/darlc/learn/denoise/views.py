"""The network's two input views, and the frozen basis that its read-out starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.extmath import randomized_svd

from darlc.config import Pixels
from darlc.errors import InputError
from darlc.images.sgep_images import SGEPImages
from darlc.images.statistics import standardised
from darlc.learn.denoise.denoiser import Denoiser, regress
from darlc.learn.denoise.residuals import pearson_residuals
from darlc.learn.denoise.shrinkage import Shrinkage, chunks
from darlc.learn.denoise.transform import are_clean, stabilise
from darlc.results.denoised_views import Factors

#: How views are computed: for counts, and for other values with noisy or clean pixels.
Kind = Literal["counts", "noisy", "clean"]

#: Default length of the embedding: for noisy pixels, and for pixels whose own values are
#: informative, as of stained tissue and of cells.
_NOISY, _CLEAN = 20, 60
#: Clean images: power of the singular values in the embedding. Weak components are signal there, by
#: which genes differ.
_POWER = 0.3
#: Power iterations for leading components.
_POWER_STEPS = 7
#: Smallest trust (`darlc.learn.denoise.own_share`) for single pixels of counts to be informative.
_TRUSTED = 0.5
#: Counts: weight of the denoised view in the embedding, relative to the raw one. In denoised views
#: weak genes shrink towards the strongest programmes and become alike. Chosen on tissues that are
#: not used for reported results.
_DENOISED_COUNTS = 0.5


@dataclass(frozen=True, eq=False)
class Views:
    """Raw and denoised views of genes, standardised over tissue pixels, (G, P) each."""

    raw: NDArray[np.float32]
    denoised: NDArray[np.float32]

    @classmethod
    def of(cls, stabilised: NDArray[np.float32], denoised: NDArray[np.float32]) -> Self:
        """Standardise variance-stabilised values and their denoised counterpart."""
        return cls(standardised(stabilised), standardised(denoised))

    @classmethod
    def of_counts(
        cls, images: SGEPImages, shrinkage: Shrinkage, expected: NDArray[np.float32]
    ) -> Self:
        """Return both views of counts, as Pearson residuals.

        Parameters
        ----------
        images
            Any genes; counts.
        shrinkage
            How counts of this tissue are denoised.
        expected
            (G, P) expected counts of these genes, by ``shrinkage``.
        """
        views = cls(np.zeros_like(expected), np.zeros_like(expected))
        done = 0
        for genes in chunks(images):
            rows = slice(done, done + genes.n_genes)
            flat = shrinkage.flat(genes)
            views.raw[rows] = standardised(pearson_residuals(genes.measured(), flat))
            views.denoised[rows] = standardised(pearson_residuals(expected[rows], flat))
            done += genes.n_genes
        # A gene without molecules has a constant view; standardised, the library would dominate it.
        silent = np.asarray(images.matrix.sum(axis=0)).ravel() == 0
        views.raw[silent] = views.denoised[silent] = 0.0
        return views

    def basis(self, representation: NDArray[np.float32], dimension: int) -> NDArray[np.float32]:
        """Return the leading components (P, D) of the denoised views, orthonormal.

        Parameters
        ----------
        representation
            (P, C) orthonormal; the denoised views are in its span.
        dimension
            Most components; 0 for the default of noisy pixels.
        """
        return np.ascontiguousarray(self._within(representation)[:, : dimension or _NOISY])

    def count_basis(
        self, shrinkage: Shrinkage, representation: NDArray[np.float32], dimension: int
    ) -> NDArray[np.float32]:
        """Return the orthonormal components (P, D) of the embedding of counts.

        Where single pixels are informative, the leading ones of the denoised views. Otherwise the
        tissue's programmes, the leading ones first, then the rest of the blind representation,
        which may be signal with too few molecules for a programme.

        Parameters
        ----------
        shrinkage
            How counts of this tissue are denoised.
        representation
            (P, B) the tissue's blind representation: orthogonal maps of different lengths.
        dimension
            Most components; 0 for all programmes, and at least the default of noisy pixels.
        """
        if shrinkage.own.trust >= _TRUSTED:
            return self._leading(dimension or _CLEAN)
        maps = shrinkage.programmes.maps()
        rest = representation - maps @ (maps.T @ representation)
        left, scale, _ = np.linalg.svd(rest, full_matrices=False)
        rest = left[:, scale > 1e-3 * np.linalg.norm(representation)]
        both = np.column_stack([self._within(maps), rest])
        return np.ascontiguousarray(both[:, : dimension or max(_NOISY, maps.shape[1])])

    def clean_basis(self, dimension: int) -> NDArray[np.float32]:
        """Return the leading components (P, D) of both views together, partly whitened.

        For clean images, whose raw views hold detail that the denoised ones lack.

        Parameters
        ----------
        dimension
            Most components; 0 for the default of clean pixels.
        """
        power, components = _principal(np.concatenate([self.raw, self.denoised]))
        kept = slice(None, dimension or _CLEAN)
        scale = np.sqrt(power[kept] / power[0])
        return (components[:, kept] * scale ** (_POWER - 1.0)).astype(np.float32)

    def _within(self, maps: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return orthonormal maps (P, C) rotated to the denoised views' leading components."""
        _, _, right = np.linalg.svd(self.denoised @ maps, full_matrices=False)
        return np.ascontiguousarray(maps @ right.T).astype(np.float32)

    def _leading(self, n: int) -> NDArray[np.float32]:
        """Return the n leading components (P, n) of the denoised views; at most all."""
        _, _, right = randomized_svd(self.denoised, n, n_iter=_POWER_STEPS, random_state=0)
        return np.ascontiguousarray(right.T).astype(np.float32)


def _principal(
    rows: NDArray[np.float32],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the variances (n,) and directions (P, n) of rows (m, P), the largest first.

    By products of the smaller side: an image may have more pixels than memory has room for pairs.
    """
    wide = len(rows) < rows.shape[1]
    product = rows @ rows.T if wide else rows.T @ rows
    power, axes = np.linalg.eigh(product.astype(np.float64))
    kept = np.flatnonzero(power > 1e-6 * power[-1])[::-1]
    power, axes = power[kept], axes[:, kept]
    return power, (rows.T @ axes) / np.sqrt(power) if wide else axes


def choose_kind(images: SGEPImages, pixels: Pixels = "auto") -> Kind:
    """Return the kind of views of drawing genes; ``pixels`` may set whether pixels are clean."""
    if are_clean(images, pixels):
        return "clean"
    return "counts" if images.values == "counts" else "noisy"


def draw_views(denoiser: Denoiser, images: SGEPImages, kind: Kind) -> tuple[Factors, Views]:
    """Return the factors of genes' denoised views, and the network's input.

    Parameters
    ----------
    denoiser
        Fitted to the drawing genes.
    images
        Any genes, over the same pixels.
    kind
        How views are computed.
    """
    factors = denoiser.factors(images)
    if kind == "counts":
        shrinkage = denoiser.shrinkage()
        return factors, Views.of_counts(images, shrinkage, shrinkage.expected(images, factors))
    stabilised = stabilise(images, kind == "clean")
    return factors, Views.of(stabilised, denoiser.denoise(stabilised))


def choose_basis(
    denoiser: Denoiser, views: Views, kind: Kind, dimension: int
) -> NDArray[np.float32]:
    """Return the basis (P, D) of the network's read-out.

    Parameters
    ----------
    denoiser
        Fitted to the drawing genes.
    views
        Of the drawing genes.
    kind
        How they were computed.
    dimension
        Most components; 0 for the default.
    """
    if kind == "counts":
        blind = denoiser.basis * denoiser.scale
        return views.count_basis(denoiser.shrinkage(), blind, dimension)
    if kind == "clean":
        return views.clean_basis(dimension)
    return views.basis(denoiser.basis, dimension)


def views_by_arrays(
    kind: Kind, learnt: Mapping[str, NDArray[np.floating]], images: SGEPImages
) -> Views:
    """Return the views of any genes, by the learnt arrays of a result's denoiser.

    Parameters
    ----------
    kind
        How the model's views were computed.
    learnt
        Arrays by name, as ``Denoiser.to_arrays`` returns them.
    images
        The genes.

    Raises
    ------
    InputError
        The model was fitted to counts, and these values are not counts.
    KeyError, ValueError
        A part is missing or of another shape.
    """
    if kind != "counts":
        stabilised = stabilise(images, kind == "clean")
        return Views.of(stabilised, regress(stabilised, learnt["basis"], learnt["scale"]))
    if images.values != "counts":
        raise InputError(
            "the model was fitted to counts, and these values are not counts: open the data "
            "that it was fitted to."
        )
    shrinkage = Shrinkage.from_arrays(learnt)
    return Views.of_counts(images, shrinkage, shrinkage.expected(images))


def weight_of_denoised(kind: Kind) -> float:
    """Return the weight of the denoised view in the embedding, relative to the raw one."""
    return _DENOISED_COUNTS if kind == "counts" else 1.0
