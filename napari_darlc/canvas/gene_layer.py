"""The layer that shows genes: an image whose slices are genes and have names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from napari.components import Dims
from napari.layers import Image
from napari.utils.colormaps import Colormap, ensure_colormap
from napari.utils.events import Event
from numpy.typing import NDArray

from napari_darlc.canvas.gene_visual import draw_quickly
from napari_darlc.canvas.placing import affine, units
from napari_darlc.genes.pictures import GenePictures
from napari_darlc.processes.debounce import Resting
from napari_darlc.session.session import Session


class GeneLayer(Image):
    """An image layer whose status names the gene that is shown."""

    #: What the genes are called on the screen.
    gene_labels: NDArray[np.str_] = np.empty(0, dtype=np.str_)
    #: When its picture in the list of layers is drawn; at once where it is None.
    resting: Resting | None = None
    #: What was sliced last.
    _sliced: tuple[object, ...] = ()
    _slicing = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: Another colormap, for those who draw; all others hear of it once the user rests.
        self.events.add(recoloured=Event)
        #: The user asks for automatic contrast.
        self.events.add(automatic=Event)

    @property
    def _type_string(self) -> str:
        # It is an image to napari in every way: controls, writers, icon.
        return "image"

    def _slice_dims(self, dims: Dims, force: bool = False) -> None:
        # To lay genes along an axis of the screen, all of them would have to be computed.
        if dims.ndim - 3 in dims.displayed:
            return
        # Napari asks twice for every step of the slider.
        sliced = (dims.point, dims.order, dims.ndisplay, dims.margin_left, dims.margin_right)
        if force or (*sliced, dims.units) != self._sliced:
            self._sliced = (*sliced, dims.units)
            self._slicing = True
            try:
                super()._slice_dims(dims, force)
            finally:
                self._slicing = False

    def _clear_extent(self) -> None:
        # All genes lie in the same place.
        if not self._slicing:
            super()._clear_extent()

    def _set_colormap(self, colormap: Any) -> None:
        if self.resting is None:
            super()._set_colormap(colormap)
            return
        colormap = ensure_colormap(colormap)
        # Napari's controls give back what they are told, and would have all be done again.
        if not _same(colormap, self.colormap):
            self._colormap = colormap
            self.events.recoloured()
            self._update_thumbnail()
            # They also lay themselves out anew, for which the whole window is drawn once more.
            self.resting.later((self, "colormap"), self.events.colormap)

    def reset_contrast_limits(self, mode: str | None = None) -> None:
        """Ask for the contrast that is made for the current gene; napari would scan all genes."""
        if self.resting is None:
            super().reset_contrast_limits(mode)
        else:
            self.events.automatic()

    def _update_thumbnail(self) -> None:
        # Napari asks for it at every slice, limit and colormap, and paints the whole list anew.
        if self.resting is None:
            super()._update_thumbnail()
        else:
            self.resting.later((self, "thumbnail"), super()._update_thumbnail)

    def get_status(
        self, position: Sequence[float] | None = None, *args: Any, **kwargs: Any
    ) -> dict[str, str]:
        """Return napari's status, led by the name of the gene at the position."""
        status = super().get_status(position, *args, **kwargs)
        # Asked in a thread, at times when the session already shows another gene.
        gene = -1 if position is None or len(position) < 3 else round(position[-3])
        if 0 <= gene < len(self.gene_labels):
            for part in ("coordinates", "value"):
                status[part] = f"{self.gene_labels[gene]} {status[part]}"
        return status


def _same(one: Colormap, other: Colormap) -> bool:
    return (
        one.name == other.name
        and one.interpolation == other.interpolation
        and np.array_equal(one.colors, other.colors)
        and np.array_equal(one.controls, other.controls)
    )


draw_quickly(GeneLayer)


def gene_layer(
    pictures: GenePictures,
    name: str,
    session: Session,
    colormap: str | Colormap,
    resting: Resting,
    aside: tuple[float, float] = (0.0, 0.0),
) -> GeneLayer:
    """Return a layer of pictures that starts with the limits of the session's gene.

    Parameters
    ----------
    pictures
        Of every gene.
    name
        Of the layer.
    session
        Whose genes these are.
    colormap
        As napari takes it.
    resting
        Until when its picture in the list of layers may wait.
    aside
        How far from its true place it is put, (y, x) in the layer's units.
    """
    # Points are enough: a thick slice would average neighbours in the list of genes.
    layer = GeneLayer(
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
    layer.resting = resting
    return layer


def set_limits(
    layer: Image, limits: tuple[float, float], reach: tuple[float, float] | None = None
) -> None:
    """Set contrast limits and the range of their slider, of which the viewer hears but once.

    Parameters
    ----------
    layer
        Of genes or patterns.
    limits
        What the ends of the colormap stand for.
    reach
        How far the slider reaches; as far as the limits where it is left out.
    """
    reach = limits if reach is None else reach
    if tuple(layer.contrast_limits) != limits or tuple(layer.contrast_limits_range) != reach:
        with layer.events.contrast_limits.blocker():
            layer.contrast_limits_range = reach
        layer.contrast_limits = limits
