"""The layer that shows genes, an image whose slices have names; and that of one pattern."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from napari.layers import Image
from napari.utils.colormaps import Colormap
from numpy.typing import NDArray

from darlc.images.grid import Grid
from napari_darlc.canvas.placing import affine, units
from napari_darlc.genes.pictures import GenePictures
from napari_darlc.napari_private.image_visual import draw_quickly
from napari_darlc.napari_private.stepped_image import SteppedImage
from napari_darlc.processes.debounce import Debouncer
from napari_darlc.session.session import Session


class GeneLayer(SteppedImage):
    """An image layer whose status names the gene that is shown."""

    #: Labels of the genes.
    gene_labels: NDArray[np.str_] = np.empty(0, dtype=np.str_)

    def get_status(
        self, position: Sequence[float] | None = None, *args: Any, **kwargs: Any
    ) -> dict[str, str]:
        """Return napari's status, led by the name of the gene at the position."""
        status = super().get_status(position, *args, **kwargs)
        # Called in a thread, when the session may already show another gene.
        gene = -1 if position is None or len(position) < 3 else round(position[-3])
        if position is not None and 0 <= gene < len(self.gene_labels):
            where = self.where(gene, position)
            for part in ("coordinates", "value"):
                status[part] = f"{self.gene_labels[gene]}{where} {status[part]}"
        return status

    def where(self, gene: int, position: Sequence[float]) -> str:
        """Return what the status says of a position in the world after the gene's name."""
        return ""


draw_quickly(GeneLayer)


def gene_layer(
    pictures: GenePictures,
    name: str,
    session: Session,
    colormap: str | Colormap,
    debouncer: Debouncer,
    aside: tuple[float, float] = (0.0, 0.0),
    kind: type[GeneLayer] = GeneLayer,
) -> GeneLayer:
    """Return a layer of views of genes, with the limits of the session's gene.

    Parameters
    ----------
    pictures
        Views of all genes.
    name
        Name of the layer.
    session
        Session of the genes.
    colormap
        Any colormap of napari.
    debouncer
        Delays drawing of its thumbnail in the list of layers.
    aside
        Shift from its true position, (y, x) in the layer's units.
    kind
        Class of the layer.
    """
    # A slice of no thickness, as a thick one would average neighbouring genes in the list.
    layer = kind(
        pictures,
        name=name,
        rgb=False,
        multiscale=False,
        affine=affine(pictures.grid, aside),
        units=units(pictures.grid),
        axis_labels=("gene", "y", "x"),
        colormap=colormap,
        contrast_limits=pictures.limits(session.gene),
        projection_mode="none",
        interpolation2d="nearest",
        blending="translucent_no_depth",
        cache=False,
    )
    layer.gene_labels = session.gene_labels
    layer.schedule = debouncer.schedule
    return layer


def pattern_layer(
    picture: NDArray[np.float32],
    name: str,
    grid: Grid,
    colormap: str | Colormap,
    limits: tuple[float, float],
    debouncer: Debouncer,
) -> GeneLayer:
    """Return a layer of one picture, which is drawn as genes are.

    Parameters
    ----------
    picture
        (H, W) of the grid.
    name
        Name of the layer.
    grid
        Where the picture lies.
    colormap
        Any colormap of napari.
    limits
        Values at the ends of the colormap.
    debouncer
        Delays drawing of its thumbnail in the list of layers.
    """
    layer = GeneLayer(
        picture,
        name=name,
        rgb=False,
        multiscale=False,
        affine=affine(grid)[1:, 1:],
        units=units(grid)[1:],
        axis_labels=("y", "x"),
        colormap=colormap,
        contrast_limits=limits,
        interpolation2d="nearest",
        blending="translucent_no_depth",
        cache=False,
    )
    layer.schedule = debouncer.schedule
    return layer


def set_limits(
    layer: Image, limits: tuple[float, float], reach: tuple[float, float] | None = None
) -> None:
    """Set contrast limits and the range of their slider, with a single event for the viewer.

    Parameters
    ----------
    layer
        Layer of genes or patterns.
    limits
        Values at the ends of the colormap.
    reach
        Range of the slider; the limits where it is left out.
    """
    reach = limits if reach is None else reach
    if tuple(layer.contrast_limits) != limits or tuple(layer.contrast_limits_range) != reach:
        with layer.events.contrast_limits.blocker():
            layer.contrast_limits_range = reach
        layer.contrast_limits = limits
