"""Clusters on the tissue: consensus patterns, and the map of the strongest pattern."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from napari.layers import Labels
from napari.utils.colormaps import CyclicLabelColormap
from numpy.typing import NDArray

from darlc.config import SMOOTHNESS
from darlc.images.grid import Grid
from darlc.results.palette import rgb
from darlc.results.tissue_regions import strongest_pattern
from napari_darlc.canvas.colormaps import cluster_colormap
from napari_darlc.canvas.gene_layer import pattern_layer
from napari_darlc.canvas.looks import Looks
from napari_darlc.canvas.overlays import Overlays, Tinted
from napari_darlc.canvas.own_layers import CONSENSUS, STRONGEST, OwnLayers
from napari_darlc.canvas.placing import affine, finer, units
from napari_darlc.processes.background import Background
from napari_darlc.session.model import Model
from napari_darlc.session.session import Session
from napari_darlc.session.signals import Signal

_OWNER = "clusters"
#: Opacity of the map of the strongest, so that the tissue image shows through.
_OPACITY = 0.85
#: Pixels of that map for each side of a grid pixel, and most pixels along its longer side.
_FINE, _LARGEST = 6, 2000
#: Values of patterns that are smoothed in a few milliseconds.
QUICK = 500_000


class ClusterLayers:
    """Consensus patterns on the canvas, and the map of the strongest; updated during training.

    Chosen clusters are matched by name after edits that move their columns, and by memberships
    after they are renamed.

    Parameters
    ----------
    session
        Session whose clusters are drawn.
    own
        The session's layers.
    overlays
        Draws several patterns at once.
    looks
        Colormap and contrast that the user gave to the pattern of one.
    """

    #: Emitted when other patterns, or none, are shown, or when the map of the strongest changed.
    changed = Signal()

    def __init__(self, session: Session, own: OwnLayers, overlays: Overlays, looks: Looks) -> None:
        self._session, self._own, self._overlays = session, own, overlays
        self._looks = looks
        self._names: tuple[str, ...] = ()
        #: The model that the current names are from.
        self._seen: Model | None = None
        self._outlines = False
        self._working = Background(None)
        self._working.answered.connect(self._on_worked_out)
        self._smoothness = SMOOTHNESS
        self._smoothing = Background(None)
        self._smoothing.answered.connect(self._on_smoothed)
        own.deleted.connect(self._on_deleted)
        overlays.ended.connect(self._on_ended)

    @property
    def patterns(self) -> tuple[int, ...]:
        """Columns of the clusters whose patterns are shown."""
        names = () if self._session.model is None else self._session.model.names
        return tuple(names.index(name) for name in self._names if name in names)

    @property
    def strongest(self) -> Labels | None:
        """The map of the strongest pattern at each pixel; None while it is not shown."""
        layer: Labels | None = self._own.get(STRONGEST)
        return layer

    @property
    def outlines(self) -> bool:
        """Whether the map of the strongest shows borders only, with genes between them."""
        return self._outlines

    @outlines.setter
    def outlines(self, outlines: bool) -> None:
        if outlines != self._outlines:
            self._outlines = outlines
            if self.strongest is not None:
                self._style(self.strongest)
            self.changed.emit()

    @property
    def smoothness(self) -> float:
        """Width, in pixels, over which patterns are smoothed for the map of the strongest."""
        return self._smoothness

    @smoothness.setter
    def smoothness(self, smoothness: float) -> None:
        if smoothness != self._smoothness:
            self._smoothness = smoothness
            if self.strongest is not None:
                self._draw_strongest(self._session.model)
            self.changed.emit()

    def show(self, *clusters: int) -> None:
        """Show the patterns of these clusters and no others.

        One has shades of its colour; several add up, each from black to its colour.
        """
        model = self._session.model
        names = () if model is None or not model.patterned else model.names
        chosen = tuple(names[k] for k in dict.fromkeys(clusters) if 0 <= k < len(names))
        if chosen != self._names:
            self._names = chosen
            self._follow_names(model)
            self._draw(model)
            self.changed.emit()

    def show_strongest(self, shown: bool) -> None:
        """Show or hide the map of the strongest pattern at each pixel."""
        if shown != (self.strongest is not None):
            if shown:
                self._draw_strongest(self._session.model)
            else:
                self._own.remove(STRONGEST)
            self.changed.emit()

    def end(self) -> None:
        """Remove all layers."""
        self.show()
        self.show_strongest(False)

    def make_room(self) -> None:
        """Remove layers that hide genes."""
        self.show()
        if not self._outlines:
            self.show_strongest(False)

    def draw(self) -> None:
        """Redraw what is chosen, as clusters may have changed.

        Patterns that are not computed yet are drawn later; until then, nothing changes.
        """
        model = self._session.model
        self._follow_names(model)
        wanted = bool(self.patterns) or self.strongest is not None
        later = model is not None and model.patterned and not (model.has_consensus or model.quick)
        if wanted and later and model is not None:
            self._working.ask(model, model.precompute)
        else:
            self._draw(model)

    def _on_worked_out(self, model: Model, _answer: None) -> None:
        now = self._session.model
        if now is None:
            return
        # If training is faster than this computation, some updates are skipped.
        behind = model.denoised is now.denoised and model.names == now.names
        if model is now or (behind and not now.has_consensus):
            self._draw(model)

    def _draw(self, model: Model | None) -> None:
        images, chosen = self._session.images, self.patterns
        if model is None or images is None or not model.patterned:
            chosen = ()
            self._own.remove(STRONGEST)
        if len(chosen) != 1:
            self._own.remove(CONSENSUS)
        if len(chosen) < 2:
            self._overlays.end(_OWNER)
        if not chosen:
            self._names = ()
        if model is None or images is None:
            return
        if len(chosen) == 1:
            self._draw_one(model, images.grid, chosen[0])
        elif chosen:
            self._overlays.show(_OWNER, images.grid, [_tinted(model, k) for k in chosen])
        if self.strongest is not None:
            self._draw_strongest(model)

    def _follow_names(self, model: Model | None) -> None:
        """Replace names of chosen clusters after they were renamed."""
        seen, self._seen = self._seen, model
        if seen is None or seen is model or seen.membership is None:
            return
        if model is None or model.membership is None:
            return
        column_of = {column.tobytes(): k for k, column in enumerate(model.membership.T)}
        names = []
        for name in self._names:
            old = seen.membership.T[seen.names.index(name)] if name in seen.names else None
            new = -1 if old is None else column_of.get(old.tobytes(), -1)
            renamed = name not in model.names and new >= 0
            names.append(model.names[new] if renamed else name)
        self._names = tuple(names)

    def _draw_one(self, model: Model, grid: Grid, cluster: int) -> None:
        assert model.consensus is not None
        pattern = model.consensus[cluster]
        picture = grid.spread(pattern).astype(np.float32, copy=False)
        limits = _limits(pattern, 0.5)
        colormap = cluster_colormap(model.colours[cluster], model.names[cluster])
        layer = self._own.get(CONSENSUS)
        if layer is None:
            layer = pattern_layer(picture, CONSENSUS, grid, colormap, limits, self._own.debouncer)
            self._own.add(CONSENSUS, layer)
            self._looks.follow(CONSENSUS, layer)
        else:
            layer.data = picture
        self._looks.paint(CONSENSUS, layer, colormap)
        self._looks.scale(CONSENSUS, layer, limits)

    def _draw_strongest(self, model: Model | None) -> None:
        images = self._session.images
        if model is None or images is None or model.consensus is None or model.clusters is None:
            return
        find = partial(strongest_pattern, model.consensus, model.clusters, images.grid)
        if model.consensus.size <= QUICK or not self._smoothness:
            self._draw_winners(model, images.grid, find(self._smoothness))
            return
        if self.strongest is None:  # until it is smooth
            self._draw_winners(model, images.grid, find(0.0))
        self._smoothing.ask((model, self._smoothness), partial(find, self._smoothness))

    def _on_smoothed(self, of: tuple[Model, float], winner: NDArray[np.int64]) -> None:
        images, wanted = self._session.images, (self._session.model, self._smoothness)
        if of == wanted and images is not None and self.strongest is not None:
            self._draw_winners(of[0], images.grid, winner)

    def _draw_winners(self, model: Model, grid: Grid, winner: NDArray[np.int64]) -> None:
        """Draw the map of the strongest cluster (P,) of each pixel."""
        winners = np.zeros(grid.shape, dtype=np.uint16)
        winners[grid.mask] = winner + 1
        # Borders are one pixel of the layer wide: smaller pixels leave the genes visible.
        fine = max(1, min(_FINE, _LARGEST // max(grid.shape)))
        labels = np.kron(winners, np.ones((fine, fine), dtype=np.uint16))
        colours = [[0.0] * 4, *([*rgb(colour), 1.0] for colour in model.colours)]
        # With as many colours as clusters, a cyclic colormap never repeats. napari compiles code
        # for a direct colormap, which takes seconds.
        colormap = CyclicLabelColormap(colors=colours, background_value=0)
        # Text in the status bar under the pointer.
        names = pd.DataFrame(
            {"index": np.arange(model.n_clusters + 1), "cluster": ["none", *model.names]}
        )
        layer = self.strongest
        if layer is None:
            layer = Labels(
                labels,
                name=STRONGEST,
                affine=affine(grid)[1:, 1:] @ finer(fine),
                units=units(grid)[1:],
                axis_labels=("y", "x"),
                features=names,
                colormap=colormap,
                blending="translucent_no_depth",
            )
            # Not editable, so that a click does not paint on it.
            layer.editable = False
            self._style(layer)
            self._own.add(STRONGEST, layer)
            return
        layer.features = names
        layer.colormap = colormap
        layer.data = labels

    def _style(self, layer: Labels) -> None:
        layer.contour = int(self._outlines)
        layer.opacity = 1.0 if self._outlines else _OPACITY

    def _on_deleted(self, role: str) -> None:
        if role == CONSENSUS:
            self._names = ()
        if role in (CONSENSUS, STRONGEST):
            self.changed.emit()

    def _on_ended(self, owner: str) -> None:
        if owner == _OWNER:
            self._names = ()
            self.changed.emit()


def _tinted(model: Model, cluster: int) -> Tinted:
    assert model.consensus is not None
    pattern = model.consensus[cluster]
    # From the median up, so that most of the tissue stays black and colours stay saturated.
    limits = _limits(pattern, 50.0)
    return Tinted(f"cluster {model.names[cluster]}", model.colours[cluster], pattern, limits)


def _limits(pattern: NDArray[np.floating], low: float) -> tuple[float, float]:
    known = pattern[np.isfinite(pattern)]
    bottom, top = np.percentile(known, (low, 99.5)) if known.size else (0.0, 1.0)
    return float(bottom), float(max(top, bottom + 1e-3))
