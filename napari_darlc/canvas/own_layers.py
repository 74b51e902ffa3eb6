"""The layers that a Session has added to a viewer, by role."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary, ref

from napari.layers import Layer
from napari.viewer import ViewerModel
from qtpy.QtCore import QTimer

from napari_darlc.napari_private.windows import scene_canvas
from napari_darlc.processes.debounce import Debouncer
from napari_darlc.session.signals import Signal

#: Roles, which are also the names of the layers.
RAW, DENOISED, RESIDUAL = "raw view", "denoised view", "residual"
CONSENSUS, STRONGEST, TISSUE = "consensus pattern", "strongest pattern", "tissue image"
BACKDROP, LEGEND, TITLES = "backdrop", "legend", "titles"


@dataclass
class _Deleting:
    """Deletions in progress in a viewer, shared by its `OwnLayers`.

    Parameters
    ----------
    by_us
        Number of our own removals in progress.
    selected
        Layers that were selected when the user started to delete.
    """

    by_us: int = 0
    selected: set[Layer] = field(default_factory=set)


_deleting: WeakKeyDictionary[ViewerModel, _Deleting] = WeakKeyDictionary()


class OwnLayers:
    """The plugin's layers by role, without those that the user deleted.

    Parameters
    ----------
    viewer
        Viewer of the layers; held weakly.
    """

    #: Emitted when the user deleted the layer of a role.
    deleted = Signal(str)

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = ref(viewer)
        self._layers: dict[str, Layer] = {}
        #: Layers that are hidden for a while, with their holders.
        self._held: dict[Layer, list[object]] = {}
        #: Layers are being added or removed, and changes of the slider are not the user's.
        self.changing = False
        #: The user is deleting layers.
        self._deleting = False
        self._ongoing = _deleting.setdefault(viewer, _Deleting())
        #: Delays updates that are not urgent.
        self.debouncer = Debouncer()
        viewer.layers.events.removing.connect(self._on_removing)
        viewer.layers.events.removed.connect(self._on_removed)

    def __bool__(self) -> bool:
        """Return whether there are any layers."""
        return bool(self._layers)

    @property
    def viewer(self) -> ViewerModel | None:
        """The viewer; None once it is closed."""
        return self._viewer()

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles that have a layer."""
        return tuple(self._layers)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers, in the order in which they were added."""
        return tuple(self._layers.values())

    def get(self, role: str) -> Any:
        """Return the layer of a role; None where there is none."""
        return self._layers.get(role)

    def add(self, role: str, layer: Layer) -> None:
        """Add a layer on top of the others."""
        viewer = self.viewer
        assert viewer is not None
        self._layers[role] = layer
        with self._at_work():
            viewer.add_layer(layer)

    def remove(self, *roles: str) -> None:
        """Remove layers, without the effects of a deletion by the user."""
        viewer = self.viewer
        for role in roles:
            layer = self._layers.pop(role, None)
            self._held.pop(layer, None)
            if layer is None or viewer is None or layer not in viewer.layers:
                continue
            if layer in self._ongoing.selected:
                # napari removes selected layers one by one, and fails where one was removed
                # already.
                QTimer.singleShot(0, partial(self._take_away, layer))
            elif self._deleting:
                viewer.layers.remove(layer)
            else:
                with self._at_work():
                    viewer.layers.remove(layer)
                # napari would select nothing, and its layer controls would be empty.
                viewer.layers.selection.active = self.get(DENOISED) or self.get(RAW)

    def hold_back(self, role: str, holder: object) -> None:
        """Hide a layer, unless it is hidden already, until its holders release it."""
        layer = self._layers.get(role)
        if layer is not None and (layer.visible or layer in self._held):
            layer.visible = False
            self._held.setdefault(layer, []).append(holder)

    def release(self, holder: object) -> None:
        """Show layers again that no other holder hides."""
        for layer, holders in list(self._held.items()):
            holders[:] = [other for other in holders if other is not holder]
            if not holders:
                del self._held[layer]
                layer.visible = True

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        before, self.changing = self.changing, True
        self._ongoing.by_us += 1
        try:
            with self.unseen():
                yield
        finally:
            self._ongoing.by_us -= 1
            self.changing = before

    @contextmanager
    def unseen(self) -> Iterator[None]:
        """Suppress drawing meanwhile: napari paints whenever its sliders change."""
        scene = scene_canvas(self.viewer)
        if scene is None:
            yield
            return
        canvas = scene.native
        before = canvas.updatesEnabled()
        canvas.setUpdatesEnabled(False)
        try:
            yield
        finally:
            canvas.setUpdatesEnabled(before)

    def _on_removing(self, event: Any) -> None:
        viewer, ongoing = self.viewer, self._ongoing
        if viewer is None or ongoing.by_us or ongoing.selected:
            return
        ongoing.selected = set(viewer.layers.selection)
        QTimer.singleShot(0, ongoing.selected.clear)

    def _on_removed(self, event: Any) -> None:
        for role, layer in list(self._layers.items()):
            if layer is event.value:
                del self._layers[role]
                self._held.pop(layer, None)
                before, self._deleting = self._deleting, True
                try:
                    self.deleted.emit(role)
                finally:
                    self._deleting = before

    def _take_away(self, layer: Layer) -> None:
        viewer = self.viewer
        if viewer is not None and layer in viewer.layers:
            with self._at_work():
                viewer.layers.remove(layer)
