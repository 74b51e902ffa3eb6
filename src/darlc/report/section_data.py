"""What a page holds of one section: factors of denoised views, raw views, patterns and outline.

Denoised views are not drawn in advance: the page has the factors, of which it computes a view when
it shows one. So a page is small, and views have the resolution of the data.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from darlc.explore.representatives import representatives
from darlc.images.contrast import contrast_limits
from darlc.images.grid import Grid
from darlc.images.pooling import finest_factor, pooled, pooled_grid
from darlc.images.sgep_images import SGEPImages
from darlc.images.statistics import morans_i
from darlc.plots.tissue import outline, picture
from darlc.report.arrays import Arrays
from darlc.results.denoised_views import (
    DenoisedViews,
    Factors,
    GeneViews,
    at_once,
    consensus_pattern,
)
from darlc.results.raw_views import measured_images, views_over
from darlc.results.result import Result

#: Programmes that stand for stored views of older files.
_COMPONENTS = 64
_UINT8 = 255
#: Typical genes of a cluster.
TYPICAL = 3
#: What a section has of a gene.
DENOISED, RAW, ABSENT = 0, 1, 2


@dataclass(frozen=True, eq=False)
class SectionImages:
    """A section, its SGEP images, and which genes it has.

    Parameters
    ----------
    name
        Name of the section; empty for the only one.
    result
        Its result.
    images
        Raw views of all genes that were measured.
    """

    name: str
    result: Result
    images: SGEPImages

    @classmethod
    def of(cls, name: str, result: Result) -> SectionImages:
        """Return a section of a result that is bound to its data.

        Raises
        ------
        InputError
            The result is not bound to its data.
        """
        return cls(name, result, measured_images(result))

    def measured(self, genes: NDArray[np.str_]) -> NDArray[np.int64]:
        """Return positions (n,) of genes among those measured; -1 for none."""
        return _rows(self.images.gene_names, genes)

    def answered(self, genes: NDArray[np.str_]) -> NDArray[np.int64]:
        """Return rows (n,) of genes in the result; -1 for none."""
        return _rows(self.result.gene_names, genes)

    def molecules(self, genes: NDArray[np.str_]) -> NDArray[np.float64]:
        """Return sums (n,) of what was measured of genes; 0 where they were not."""
        at = self.measured(genes)
        total = np.asarray(self.images.matrix.sum(axis=0), dtype=np.float64).ravel()
        return np.where(at < 0, 0.0, total[at])

    def typical(self) -> list[list[str]]:
        """Return names of the most typical genes of each cluster, the best first."""
        result, clusters = self.result, self.result.shown_clusters
        patterns = consensus_pattern(result.denoised, clusters.membership, result.drawing)
        found = representatives(result.denoised, clusters, np.nan_to_num(patterns), TYPICAL)
        return [[str(result.gene_names[i]) for i in each if i >= 0] for each in found]


@dataclass(frozen=True, eq=False)
class SectionData:
    """What a page holds of a section.

    Parameters
    ----------
    header
        Plain values for JSON; ``arrays`` says where each array lies in the block.
    expression, variability
        (n,) mean of the genes, and Moran's I of their raw views; NaN where they were not measured.
    """

    header: dict[str, Any]
    expression: NDArray[np.float32]
    variability: NDArray[np.float32]


def section_data(
    block: bytearray, section: SectionImages, genes: NDArray[np.str_], most_pixels: int
) -> SectionData:
    """Collect what a page holds of a section, and append its arrays to a block.

    Parameters
    ----------
    block
        Where arrays are appended.
    section
        The section.
    genes
        (n,) names of the genes of the page; not all of them need be in the section.
    most_pixels
        Most tissue pixels; a larger section is pooled.
    """
    result, images = section.result, section.images
    factor = finest_factor(images.grid, most_pixels)
    grid, owner = pooled_grid(images.grid, factor)
    at, rows = section.measured(genes), section.answered(genes)
    state = np.where(at < 0, ABSENT, np.where(rows < 0, RAW, DENOISED)).astype(np.uint8)
    here, seen = np.flatnonzero(state != ABSENT), np.flatnonzero(state == DENOISED)
    measured = pooled(images.select(at[here]), factor)
    factors = _over(_factors(result.denoised, rows[seen]), owner, grid.n_pixels)
    views = views_over(DenoisedViews(factors), measured, np.searchsorted(here, seen))
    clusters = result.shown_clusters
    patterns = consensus_pattern(
        _over_pixels(result.denoised, owner, grid.n_pixels), clusters.membership, result.drawing
    )
    raw, scale, limits, variability = _measured(measured)
    index, place = picture(grid, np.arange(grid.n_pixels, dtype=np.float64))
    matrix = place.get_matrix()
    every, arrays = len(genes), Arrays(block)
    arrays.add("index", np.nan_to_num(index, nan=-1).astype(np.int32))
    arrays.add("state", state)
    arrays.add_scaled("programmes", factors.programmes)
    arrays.add_scaled("coefficients", _spread(factors.coefficients, seen, every))
    arrays.add("mean", _spread(factors.mean.astype(np.float32), seen, every))
    arrays.add("share", _spread(factors.share.astype(np.float32), seen, every))
    arrays.add("raw", _spread(raw, here, every))
    arrays.add("rawScale", _spread(scale, here, every))
    arrays.add("rawLimits", _spread(limits, here, every))
    arrays.add("limits", _spread(_limits(views), seen, every))
    arrays.add("variability", _spread(variability, here, every))
    arrays.add("patterns", _patterns(patterns, grid))
    header = {
        "name": section.name,
        "observations": int((result.observation_pixel >= 0).sum()),
        "link": factors.link,
        "place": normalised(matrix, index.shape),
        "outline": _outline(grid, matrix, index.shape),
        "microns": _microns(matrix, index.shape, grid.microns),
        "arrays": arrays.where,
    }
    absent = np.where(state == ABSENT, np.float32(np.nan), np.float32(0.0))
    level = np.where(state == DENOISED, _spread(factors.mean, seen, every), 0.0)
    return SectionData(
        header,
        expression=(level + absent).astype(np.float32),
        variability=_spread(variability, here, every) + absent,
    )


def _rows(names: NDArray[np.str_], wanted: NDArray[np.str_]) -> NDArray[np.int64]:
    found: NDArray[np.int64] = pd.Index(names).get_indexer(wanted).astype(np.int64)
    return found


def _spread(values: NDArray[Any], rows: NDArray[np.int64], n: int) -> NDArray[Any]:
    """Return values of n genes, 0 for those that are not among the rows."""
    every = np.zeros((n, *values.shape[1:]), dtype=values.dtype)
    every[rows] = values
    return every


def _factors(denoised: GeneViews, rows: NDArray[np.int64]) -> Factors:
    """Return factors of genes' views; those of views that an older file stores are approximate."""
    if isinstance(denoised, DenoisedViews):
        return denoised.factors.select(rows)
    from sklearn.utils.extmath import randomized_svd

    views = np.asarray(denoised[rows], dtype=np.float32)
    mean = views.mean(axis=1)
    most = min(_COMPONENTS, *views.shape)
    left, size, right = randomized_svd(views - mean[:, None], most, random_state=0)
    return Factors(
        programmes=np.ascontiguousarray(right.T, dtype=np.float32),
        coefficients=(left * size).astype(np.float32),
        mean=mean.astype(np.float32),
        share=np.zeros(len(rows), dtype=np.float32),
        link="identity",
    )


def _over(factors: Factors, owner: NDArray[np.int64], n_pixels: int) -> Factors:
    """Return factors over pooled pixels: scores are averaged."""
    return replace(factors, programmes=_averaged(factors.programmes.T, owner, n_pixels).T)


def _over_pixels(views: GeneViews, owner: NDArray[np.int64], n_pixels: int) -> GeneViews:
    if isinstance(views, DenoisedViews):
        return DenoisedViews(_over(views.factors, owner, n_pixels))
    return _averaged(np.asarray(views, dtype=np.float32), owner, n_pixels)


def _averaged(
    values: NDArray[np.floating], owner: NDArray[np.int64], n_pixels: int
) -> NDArray[np.float32]:
    """Return means (n, p) of values (n, P) within pooled pixels."""
    size = np.bincount(owner, minlength=n_pixels)
    means = [np.bincount(owner, each, n_pixels) / size for each in values]
    return np.array(means, dtype=np.float32).reshape(len(values), n_pixels)


def _measured(
    images: SGEPImages,
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return raw views in 255 steps, their scales, their limits, and Moran's I."""
    n, p = images.n_genes, images.n_pixels
    raw = np.zeros((n, p), dtype=np.uint8)
    scale, limits = np.zeros(n, np.float32), np.zeros((n, 2), np.float32)
    variability = np.zeros(n, dtype=np.float32)
    for part in at_once(n, p):
        values = images.expression(part)
        low = np.minimum(values.min(axis=1, initial=0.0), 0.0)
        if low.any():
            values = values - low[:, None]
        top = np.maximum(values.max(axis=1, initial=0.0), 1e-6)
        scale[part] = top / _UINT8
        raw[part] = np.ceil(np.clip(values / top[:, None], 0, 1) * _UINT8 - 0.5).clip(
            min=(values > 0)
        )
        limits[part] = [contrast_limits(each, low=0.0) for each in values]
        variability[part] = morans_i(values, images.grid.neighbours)
    return raw, scale, limits, variability


def _limits(views: GeneViews) -> NDArray[np.float32]:
    """Return contrast limits (n, 2) of denoised views."""
    limits = np.zeros((len(views), 2), np.float32)
    for part in at_once(*views.shape):
        limits[part] = [contrast_limits(each) for each in views[part]]
    return limits


def _patterns(patterns: NDArray[np.floating], grid: Grid) -> NDArray[np.uint8]:
    """Return patterns (K, P) in 255 steps, each from its lowest to its highest value."""
    levels = np.zeros((len(patterns), grid.n_pixels), dtype=np.uint8)
    for level, pattern in zip(levels, patterns, strict=True):
        if np.isfinite(pattern).any():  # a section may lack all genes of a cluster
            low, high = contrast_limits(pattern)
            level[:] = np.rint(
                np.clip((np.nan_to_num(pattern) - low) / (high - low), 0, 1) * _UINT8
            )
    return levels


def _box(matrix: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    height, width = shape
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]])
    return corners @ matrix[:2].T


def normalised(matrix: NDArray[np.float64], shape: tuple[int, ...]) -> dict[str, Any]:
    """Return the map from the image's corners to a box whose longer side is 1, for a canvas."""
    corners = _box(matrix, shape)
    low, extent = corners.min(axis=0), np.ptp(corners, axis=0)
    scaled = matrix[:2].copy()
    scaled[:, 2] -= low
    scaled /= extent.max()
    a, c, e, b, d, f = scaled.ravel()
    width, height = extent / extent.max()
    return {"matrix": [a, b, c, d, e, f], "width": float(width), "height": float(height)}


def _outline(
    grid: Grid, matrix: NDArray[np.float64], shape: tuple[int, ...]
) -> list[list[list[float]]]:
    """Return the section's outline as closed lines of points, in the box of `normalised`."""
    corners = _box(matrix, shape)
    low, extent = corners.min(axis=0), np.ptp(corners, axis=0)
    lines = [np.clip(line - low, 0.0, extent) / extent.max() for line in outline(grid)]
    return [line.round(4).tolist() for line in lines]


def _microns(matrix: NDArray[np.float64], shape: tuple[int, ...], microns: float) -> float | None:
    """Return micrometres of the tissue's longer side; None where they are not known."""
    side = float(np.ptp(_box(matrix, shape), axis=0).max()) * microns
    return side if np.isfinite(side) else None
