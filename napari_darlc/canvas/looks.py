"""Colormap and contrast of genes and patterns: automatic, until the user sets them by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from napari.layers import Image
from napari.utils.colormaps import Colormap
from psygnal import Signal

from napari_darlc.canvas.gene_layer import GeneLayer, set_limits

Limits = tuple[float, float]


class Looks:
    """What the user set, by role of the layer; it holds for all genes, clusters and datasets.

    Automatic values are set through this class, so that any other change is the user's: by napari's
    controls, by a menu or by a script.
    """

    #: Emitted when something was set by the user, or is automatic again.
    changed = Signal()
    #: Emitted when napari's own *auto-contrast* is used.
    automatic_wanted = Signal()

    def __init__(self) -> None:
        self._colormaps: dict[str, Colormap] = {}
        self._limits: dict[str, Limits] = {}
        self._ours = False

    @property
    def by_hand(self) -> bool:
        """Whether anything was set by hand."""
        return bool(self._colormaps or self._limits)

    def follow(self, role: str | Callable[[], str], layer: GeneLayer) -> None:
        """Watch a new layer for changes by the user.

        Parameters
        ----------
        role
            What the layer shows, or what returns it where that changes.
        layer
            The layer.
        """

        def now() -> str:
            return role if isinstance(role, str) else role()

        layer.events.recoloured.connect(lambda: self._on_colormap(now(), layer))
        layer.events.contrast_limits.connect(lambda: self._on_limits(now(), layer))
        layer.events.automatic.connect(self._on_automatic)

    def paint(self, role: str, layer: Image, colormap: str | Colormap) -> None:
        """Set a layer's colormap to the user's, or else to this one."""
        colormap = self._colormaps.get(role, colormap)
        name = colormap if isinstance(colormap, str) else colormap.name
        if layer.colormap.name != name:
            with self._by_us():
                layer.colormap = colormap

    def scale(self, role: str, layer: Image, automatic: Limits) -> None:
        """Set a layer's contrast limits to the user's, or else to these; the slider covers both."""
        limits = self._limits.get(role, automatic)
        reach = min(limits[0], automatic[0]), max(limits[1], automatic[1])
        with self._by_us():
            set_limits(layer, limits, reach)

    def forget_colormaps(self) -> None:
        """Make colormaps automatic again."""
        self._forget(self._colormaps)

    def forget(self) -> None:
        """Make everything automatic again."""
        self._forget(self._colormaps, self._limits)

    def _forget(self, *parts: dict[str, Colormap] | dict[str, Limits]) -> None:
        if any(parts):
            for part in parts:
                part.clear()
            self.changed.emit()

    @contextmanager
    def _by_us(self) -> Iterator[None]:
        before, self._ours = self._ours, True
        try:
            yield
        finally:
            self._ours = before

    def _on_colormap(self, role: str, layer: Image) -> None:
        if not self._ours:
            self._colormaps[role] = layer.colormap
            self.changed.emit()

    def _on_limits(self, role: str, layer: Image) -> None:
        if not self._ours:
            low, high = layer.contrast_limits
            self._limits[role] = (float(low), float(high))
            self.changed.emit()

    def _on_automatic(self) -> None:
        if not self._ours:
            self._forget(self._limits)
            self.automatic_wanted.emit()
