"""What the explorer shows, as one JSON object and one block of arrays.

Denoised views are not drawn in advance: the page has the factors, of which it computes a view when
it shows one. So a page is small, and views have the resolution of the data.
"""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darlc.explore.gene_map import Plane, placed
from darlc.explore.representatives import representatives
from darlc.images.contrast import contrast_limits
from darlc.images.gene_labels import NamedGenes
from darlc.images.grid import Grid
from darlc.images.pooling import finest_factor, pooled, pooled_grid
from darlc.images.sgep_images import SGEPImages
from darlc.images.statistics import morans_i, unit_length
from darlc.plots.tissue import outline, picture
from darlc.report.enriched_sets import enriched_sets
from darlc.report.provenance import command, facts
from darlc.results.denoised_views import (
    DenoisedViews,
    Factors,
    GeneViews,
    at_once,
    consensus_pattern,
)
from darlc.results.gene_sets import GeneSet
from darlc.results.raw_views import measured_images, views_over
from darlc.results.result import Result
from darlc.results.second_patterns import SecondPatterns

#: Most tissue pixels of a page; larger tissue is pooled.
MOST_PIXELS = 20_000
#: Programmes that stand for stored views of older files.
_COMPONENTS = 64
_INT16, _UINT8 = 32767, 255
#: Typical genes of a cluster.
_TYPICAL = 3


@dataclass(frozen=True)
class PageData:
    """What the explorer shows.

    Parameters
    ----------
    header
        Plain values for JSON; ``arrays`` says where each array lies in the block.
    block
        All arrays, one after the other, compressed by gzip.
    """

    header: dict[str, Any]
    block: bytes


def page_data(
    result: Result,
    title: str,
    source: str,
    most_genes: int = 3000,
    plane: Plane = "umap",
    collection: Sequence[GeneSet] = (),
) -> PageData:
    """Collect what the explorer shows.

    Parameters
    ----------
    result
        Bound to its data, with clusters and embeddings.
    title
        Title of the page.
    source
        Name of the data in the command that repeats the fit.
    most_genes
        Most genes; those that drew the patterns come first, then those with most molecules.
    plane
        ``"umap"``, ``"pca"``, or positions of all genes of the result, (G, 2).
    collection
        Gene sets to test the clusters for.

    Raises
    ------
    InputError
        The result is not bound to its data, positions are of other genes, or no set of the
        collection can be tested.
    """
    images = measured_images(result)
    assert result.adata is not None
    genes = images.index([str(name) for name in result.gene_names])
    rows = _chosen(result, images, genes, most_genes)
    factor = finest_factor(images.grid, MOST_PIXELS)
    grid, owner = pooled_grid(images.grid, factor)
    images = pooled(images.select(genes[rows]), factor)
    factors = _factors(result.denoised, rows)
    factors = _over(factors, owner, grid.n_pixels)
    views = views_over(DenoisedViews(factors), images, np.arange(len(rows)))
    clusters = result.shown_clusters
    patterns = consensus_pattern(
        _over_pixels(result.denoised, owner, grid.n_pixels), clusters.membership, result.drawing
    )
    typical = representatives(
        result.denoised,
        clusters,
        consensus_pattern(result.denoised, clusters.membership, result.drawing),
        _TYPICAL,
    )
    names = NamedGenes.of(result.adata, result.gene_names[rows])
    given = isinstance(plane, np.ndarray)
    where = placed(result.embedding if given else result.embedding[rows], plane)
    where = where[rows] if given else where

    index, place = picture(grid, np.arange(grid.n_pixels, dtype=np.float64))
    arrays = _Arrays()
    arrays.add("index", np.nan_to_num(index, nan=-1).astype(np.int32))
    arrays.add_scaled("programmes", factors.programmes)
    arrays.add_scaled("coefficients", factors.coefficients)
    arrays.add("mean", factors.mean.astype(np.float32))
    arrays.add("share", factors.share.astype(np.float32))
    raw, scale, limits, variability = _measured(images, views)
    arrays.add("raw", raw)
    arrays.add("rawScale", scale)
    arrays.add("limits", limits)
    arrays.add("variability", variability)
    vectors = unit_length(result.embedding[rows])
    arrays.add("embedding", np.rint(vectors * _INT16).astype(np.int16))
    arrays.add("map", where.astype(np.float32))
    arrays.add("cluster", clusters.cluster[rows].astype(np.int16))
    arrays.add("second", clusters.second[rows].astype(np.int16))
    second = result.shown_second or SecondPatterns.none(result.n_genes)
    arrays.add("also", np.where(second.likely, second.cluster, -1)[rows].astype(np.int16))
    arrays.add("alsoShare", second.share[rows].astype(np.float32))
    arrays.add("confidence", clusters.confidence[rows].astype(np.float32))
    arrays.add(
        "patterns",
        np.stack([_bytes(each) for each in patterns])
        if len(patterns)
        else np.zeros((0, grid.n_pixels), np.uint8),
    )
    page_row = {int(row): i for i, row in enumerate(rows)}
    labels = [str(each) for each in names.symbol]
    header = {
        "title": title,
        "summary": result.cluster_summary,
        "observations": int((result.observation_pixel >= 0).sum()),
        "answered": result.n_genes,
        "genes": labels,
        "names": [str(each) for each in names.gene],
        "link": factors.link,
        "clusters": [
            {
                "name": name,
                "colour": colour,
                "size": int(size),
                "typical": [page_row[int(i)] for i in best if int(i) in page_row],
            }
            for name, colour, size, best in zip(
                clusters.names, clusters.colours, clusters.sizes, typical, strict=True
            )
        ],
        "sets": _sets(result, names),
        "enrichment": enriched_sets(result, collection, names),
        "place": normalised(place.get_matrix(), index.shape),
        "outline": _outline(grid, place.get_matrix(), index.shape),
        "microns": _microns(place.get_matrix(), index.shape, grid.microns),
        "facts": facts(result),
        "command": command(result.config, source),
        "notes": list(result.notes),
        "arrays": arrays.where,
    }
    return PageData(header, gzip.compress(bytes(arrays.block), 6, mtime=0))


class _Arrays:
    """Arrays one after the other, each at a multiple of eight bytes."""

    def __init__(self) -> None:
        self.block, self.where = bytearray(), dict[str, dict[str, Any]]()

    def add(self, name: str, values: NDArray[Any]) -> None:
        self.block += bytes(-len(self.block) % 8)
        self.where[name] = {
            "offset": len(self.block),
            "type": values.dtype.name,
            "shape": list(values.shape),
        }
        little = values.astype(values.dtype.newbyteorder("<"), copy=False)
        self.block += np.ascontiguousarray(little).tobytes()

    def add_scaled(self, name: str, values: NDArray[np.floating]) -> None:
        """Add whole numbers and the factor of each column."""
        scale = np.maximum(np.abs(values).max(axis=0, initial=0.0), 1e-30) / _INT16
        self.add(name, np.rint(values / scale).astype(np.int16))
        self.add(f"{name}Scale", scale.astype(np.float32))


def _chosen(
    result: Result, images: SGEPImages, genes: NDArray[np.int64], most: int
) -> NDArray[np.int64]:
    """Return the rows of the genes that a page holds, ascending."""
    total = np.asarray(images.matrix.sum(axis=0)).ravel()[genes]
    order = np.lexsort((-total, ~result.drawing))
    return np.sort(order[:most])


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
    from dataclasses import replace

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
    images: SGEPImages, views: GeneViews
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return raw views in 255 steps, their scales, limits of both views, and Moran's I."""
    n, p = images.n_genes, images.n_pixels
    raw = np.zeros((n, p), dtype=np.uint8)
    scale, limits = np.zeros(n, np.float32), np.zeros((n, 4), np.float32)
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
        limits[part, :2] = [contrast_limits(each) for each in views[part]]
        limits[part, 2:] = [contrast_limits(each, low=0.0) for each in values]
        variability[part] = morans_i(values, images.grid.neighbours)
    return raw, scale, limits, variability


def _bytes(pattern: NDArray[np.floating]) -> NDArray[np.uint8]:
    low, high = contrast_limits(pattern)
    scaled = np.clip((np.nan_to_num(pattern) - low) / (high - low), 0, 1)
    return np.rint(scaled * _UINT8).astype(np.uint8)


def _sets(result: Result, names: NamedGenes) -> list[dict[str, Any]]:
    found = []
    for each in result.gene_sets:
        inside = [i for i, gene in enumerate(names.gene) if gene in each]
        found.append({"name": each.name, "record": each.record, "rows": inside, "size": len(each)})
    return found


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
