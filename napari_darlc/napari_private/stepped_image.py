"""An image layer for stepping through thousands of slices that all lie in the same place.

Napari slices twice, works out extents, thumbnails and controls at every step, and has public
settings for none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeAlias

import numpy as np
from napari.components import Dims
from napari.layers import Image
from napari.utils.colormaps import Colormap, ensure_colormap
from napari.utils.events import Event

#: Does a task once the user pauses; of tasks with the same key only the newest.
Schedule: TypeAlias = Callable[[Hashable, Callable[[], object]], None]


class SteppedImage(Image):
    """An image layer with one axis of slices, (slices, H, W), that is quick to step through."""

    #: Puts off the thumbnail in the list of layers, and what listens to colormaps; nothing is put
    #: off where it is None.
    schedule: Schedule | None = None
    #: What was sliced last.
    _sliced: tuple[object, ...] = ()
    _slicing = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: Another colormap, for those who draw; all others hear of it once the user pauses.
        self.events.add(recoloured=Event)
        #: The user asks for automatic contrast.
        self.events.add(automatic=Event)

    @property
    def _type_string(self) -> str:
        # It is an image to napari in every way: controls, writers, icon.
        return "image"

    def _slice_dims(self, dims: Dims, force: bool = False) -> None:
        # To lay slices along an axis of the screen, all of them would have to be computed.
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
        # All slices lie in the same place.
        if not self._slicing:
            super()._clear_extent()

    def _set_colormap(self, colormap: Any) -> None:
        if self.schedule is None:
            super()._set_colormap(colormap)
            return
        colormap = ensure_colormap(colormap)
        # Napari's controls give back what they are told, and would have all be done again.
        if not _same(colormap, self.colormap):
            self._colormap = colormap
            self.events.recoloured()
            self._update_thumbnail()
            # They also lay themselves out anew, for which the whole window is drawn once more.
            self.schedule((self, "colormap"), self.events.colormap)

    def reset_contrast_limits(self, mode: str | None = None) -> None:
        """Ask for the contrast of the current slice; napari would scan all slices."""
        if self.schedule is None:
            super().reset_contrast_limits(mode)
        else:
            self.events.automatic()

    def _update_thumbnail(self) -> None:
        # Napari asks for it at every slice, limit and colormap, and paints the whole list anew.
        if self.schedule is None:
            super()._update_thumbnail()
        else:
            self.schedule((self, "thumbnail"), super()._update_thumbnail)


def _same(one: Colormap, other: Colormap) -> bool:
    return (
        one.name == other.name
        and one.interpolation == other.interpolation
        and np.array_equal(one.colors, other.colors)
        and np.array_equal(one.controls, other.controls)
    )
