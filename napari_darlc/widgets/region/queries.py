"""Queries for genes of regions, with work that is shared between queries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from qtpy.QtGui import QImage

from darlc.errors import DarlcError
from darlc.explore.markers import markers
from darlc.explore.polygons import Polygon, within
from darlc.explore.region import RegionMarkers, Regions
from darlc.images.sgep_images import SGEPImages
from darlc.results.clusters import Clusters
from napari_darlc.session.session import Model
from napari_darlc.widgets.common.thumbnails import ThumbnailPainter, draw_genes
from napari_darlc.widgets.region.region_choice import AnnotatedRegion, DrawnRegion

if TYPE_CHECKING:
    from anndata import AnnData

#: False discovery rate up to which a gene is called enriched.
SURE = 0.05
#: Genes listed: the enriched ones, but no more than a user looks at; a few where none is.
_MOST, _FEWEST = 200, 10


@dataclass(frozen=True, eq=False)
class RegionAnswer:
    """Which genes mark a region.

    Parameters
    ----------
    name
        What the region is called.
    inside
        (P,) the tissue pixels most of whose observations lie in it.
    drawn
        Whether it was drawn on the canvas.
    found
        The answer for all genes and clusters.
    rows
        (n,) the genes worth listing, the best first, among those of ``found``.
    pictures
        Their pictures.
    """

    name: str
    inside: NDArray[np.bool_]
    drawn: bool
    found: RegionMarkers
    rows: NDArray[np.int64]
    pictures: list[QImage]


class RegionQueries:
    """Answers queries on one dataset, and caches what later queries need.

    It is slow: call it off the GUI thread, one query at a time.

    Parameters
    ----------
    adata, images
        The data and their SGEP images.
    model
        Whose clusters are compared; None compares genes only.
    """

    def __init__(self, adata: AnnData, images: SGEPImages, model: Model | None) -> None:
        self._adata, self._images, self._model = adata, images, model
        self._clusters: Clusters | None = None if model is None else model.clusters
        self._regions: Regions | None = None
        self._labels: dict[str, NDArray[np.str_]] = {}
        self._by_column: dict[str, dict[str, RegionMarkers]] = {}

    def fits(self, images: SGEPImages, model: Model | None) -> bool:
        """Return whether these are still the genes and clusters that answers are about."""
        clusters = None if model is None else model.clusters
        return images is self._images and clusters is self._clusters

    def answer(
        self,
        region: DrawnRegion | AnnotatedRegion,
        polygons: list[Polygon],
        painter: ThumbnailPainter,
        ratio: float,
    ) -> RegionAnswer | str:
        """Return which genes mark a region, with their pictures; or what is wrong with it.

        Parameters
        ----------
        region
            What was chosen.
        polygons
            Where it is drawn: its shapes, in units of ``obsm["spatial"]``.
        painter, ratio
            What draws the genes, and pixels of the screen in a pixel of the pictures.
        """
        try:
            if isinstance(region, AnnotatedRegion):
                name = f"{region.column} {region.value}"
                found = self._annotated(region)
                inside = self._labels[region.column] == region.value
            else:
                name = region.layer.name
                inside = within(self._places, polygons)
                found = self._drawn(inside)
        except DarlcError as error:
            return str(error)
        n = int(np.clip(found.enrichment.enriched(SURE).sum(), _FEWEST, _MOST))
        rows = found.enrichment.order[:n]
        pictures = draw_genes(self._images, self._model, found.genes[rows], painter)
        for picture in pictures:
            picture.setDevicePixelRatio(ratio)
        drawn = isinstance(region, DrawnRegion)
        return RegionAnswer(name, self._pixels(inside), drawn, found, rows, pictures)

    @property
    def _modelled(self) -> NDArray[np.int64] | None:
        return None if self._model is None else self._model.genes

    def _annotated(self, region: AnnotatedRegion) -> RegionMarkers:
        column, value = region.column, region.value
        ours = self._adata, self._images, column, self._modelled, self._clusters
        if column not in self._by_column:
            # As text, since that is how values are offered; a missing one is none of them.
            self._labels[column] = self._adata.obs[column].astype(str).to_numpy()
            self._by_column[column] = markers(*ours)
        found = self._by_column[column]
        # A value of hardly any observation is passed over there; asked for, it says so.
        return found[value] if value in found else markers(*ours, value)[value]

    @property
    def _places(self) -> NDArray[np.float64]:
        return np.asarray(self._adata.obsm["spatial"], dtype=np.float64)[:, :2]

    def _pixels(self, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return the pixels (P,) most of whose observations are inside, (n_obs,)."""
        pixel, n_pixels = self._images.observation_pixel, self._images.grid.n_pixels
        placed = pixel >= 0
        there = np.bincount(pixel[placed], minlength=n_pixels)
        within_it = np.bincount(pixel[placed & inside], minlength=n_pixels)
        return np.asarray((within_it > 0) & (2 * within_it >= there))

    def _drawn(self, inside: NDArray[np.bool_]) -> RegionMarkers:
        if self._regions is None:
            self._regions = Regions(self._adata, self._images, self._modelled, self._clusters)
        return self._regions.compare(inside)
