"""Views of all genes as one lazy array, for napari's image layers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darlc.images.contrast import contrast_limits, residual
from darlc.images.grid import Grid
from darlc.images.sgep_images import SGEPImages
from napari_darlc.session.session import Model


class GenePictures(ABC):
    """An array (gene, y, x) float32, NaN outside the tissue, computed gene by gene.

    Parameters
    ----------
    n_genes
        Number of all genes.
    grid
        Grid of the pixels.
    """

    dtype = np.dtype(np.float32)
    ndim = 3

    def __init__(self, n_genes: int, grid: Grid) -> None:
        self.grid = grid
        self.shape = (n_genes, *grid.shape)

    @property
    def size(self) -> int:
        """Number of values of the whole array."""
        return int(np.prod(self.shape))

    @abstractmethod
    def pixels(self, gene: int) -> NDArray[np.float32]:
        """Return a gene's values over tissue pixels, (P,)."""

    @abstractmethod
    def limits(self, gene: int) -> tuple[float, float]:
        """Return suitable contrast limits."""

    def __len__(self) -> int:
        """Return the number of genes."""
        return self.shape[0]

    def __getitem__(self, key: Any) -> NDArray[np.float32]:
        """Index like a NumPy array; only the requested genes are computed."""
        first, rest = (key[0], key[1:]) if isinstance(key, tuple) and key else (key, ())
        if first is Ellipsis or key == ():
            missing = self.ndim - len(rest)
            first, rest = slice(None), (slice(None),) * (missing - 1) + tuple(rest)
        if isinstance(first, int | np.integer):
            gene = range(len(self))[first]
            picture: NDArray[np.float32] = self.grid.spread(self.pixels(gene))[rest]
            return picture
        genes = np.arange(len(self))[first]
        pictures = np.empty((len(genes), *self.shape[1:]), dtype=self.dtype)
        for row, gene in enumerate(genes):
            pictures[row] = self.grid.spread(self.pixels(int(gene)))
        return pictures[(slice(None), *rest)]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Compute all genes, as needed to save the layer as an image."""
        return self[:].astype(dtype or self.dtype, copy=False)


class RawPictures(GenePictures):
    """The raw views of all genes."""

    def __init__(self, images: SGEPImages) -> None:
        super().__init__(images.n_genes, images.grid)
        self._images = images

    def pixels(self, gene: int) -> NDArray[np.float32]:
        """Return log-normalised expression over tissue pixels."""
        return self._images.expression(gene)[0]

    def limits(self, gene: int) -> tuple[float, float]:
        """Return 0 and a high percentile, so that one bright pixel does not darken the rest."""
        return contrast_limits(self.pixels(gene), low=0.0)


class DenoisedPictures(GenePictures):
    """The denoised views of all genes; NaN for genes without one."""

    def __init__(self, n_genes: int, grid: Grid, model: Model) -> None:
        super().__init__(n_genes, grid)
        self._model = model
        #: The last gene and its view: the picture and its limits are asked for one after the other.
        self._last: tuple[int, NDArray[np.float32]] = -1, np.empty(0, dtype=np.float32)

    def pixels(self, gene: int) -> NDArray[np.float32]:
        """Return the denoised view over tissue pixels; not to be modified."""
        last, view = self._last
        if last != gene:
            found = self._model.view_of(gene)
            if found is None:
                found = np.full(self.grid.n_pixels, np.nan, dtype=np.float32)
            view = found.astype(np.float32, copy=False)
            self._last = gene, view
        return view

    def limits(self, gene: int) -> tuple[float, float]:
        """Return low and high percentiles, so that the pattern uses the whole colormap."""
        return contrast_limits(self.pixels(gene))


class ResidualPictures(GenePictures):
    """Residuals of all genes; NaN for genes without a denoised view.

    Parameters
    ----------
    raw, denoised
        Views of the same genes and pixels.
    counts
        Whether these are logarithms of counts at the median library.
    """

    def __init__(self, raw: GenePictures, denoised: GenePictures, counts: bool) -> None:
        super().__init__(len(raw), raw.grid)
        self._raw, self._denoised, self._counts = raw, denoised, counts

    @property
    def unit(self) -> str:
        """Unit of the values."""
        return "counts" if self._counts else "log units"

    def pixels(self, gene: int) -> NDArray[np.float32]:
        """Return raw minus denoised over tissue pixels."""
        raw, denoised = self._raw.pixels(gene), self._denoised.pixels(gene)
        return residual(raw, denoised, self._counts)

    def limits(self, gene: int) -> tuple[float, float]:
        """Return limits that are symmetric about zero."""
        _, top = contrast_limits(np.abs(self.pixels(gene)), low=0.0)
        return -top, top


def shared_limits(pictures: Sequence[GenePictures], gene: int) -> tuple[float, float]:
    """Return common contrast limits of several views."""
    return contrast_limits(np.concatenate([each.pixels(gene) for each in pictures]), low=0.0)
