"""How a stepped image is drawn: as napari draws images, without a shader for every colour.

Napari offers no public way to draw a layer of one's own, and its image visual takes every change
of the colormap for a change of the shader. Compiled by a processor, two shaders take longer than
all else that another slice asks for.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from napari._vispy.layers.image import VispyImageLayer
from napari._vispy.utils.visual import layer_to_visual
from napari.utils.colormaps.colormap_utils import _napari_cmap_to_vispy

from napari_darlc.napari_private.stepped_image import SteppedImage


class SteppedImageVisual(VispyImageLayer):
    """The visual of a stepped image."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._place: object = None
        self._coloured: tuple[object, object] = (None, None)
        super().__init__(*args, **kwargs)
        self.layer.events.recoloured.connect(self._on_colormap_change)

    def _on_data_change(self) -> None:
        # Another slice lies where the one before lay; napari would work out anew where that is.
        picture = self.layer._data_view
        place = (picture.shape, self.layer._slice_input.order, self.layer._slice_input.ndisplay)
        if place != self._place or picture.dtype != np.float32:
            super()._on_data_change()
            self._place = place
            return
        self._data = picture
        self.node.set_data(picture)
        self.node.visible = self.layer.visible and not self.layer._slice.empty

    def _on_colormap_change(self, event: Any = None) -> None:
        node, before = self.node, self._coloured
        if node is before[0] and self.layer.colormap is before[1]:
            return
        self._coloured = (node, self.layer.colormap)
        colormap = _napari_cmap_to_vispy(self.layer.colormap)
        # Most colormaps differ only in the table that the shader looks colours up in.
        if node.cmap.glsl_map != colormap.glsl_map or node._need_colortransform_update:
            node.cmap = colormap
            return
        node._cmap = colormap
        node.view_program["texture2D_LUT"] = colormap.texture_lut()
        node.update()


def draw_quickly(layer: type[SteppedImage]) -> None:
    """Have napari draw layers of a class so."""
    layer_to_visual[layer] = SteppedImageVisual
