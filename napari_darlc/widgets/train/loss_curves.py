"""Live loss curves of one stage at a time, one line for each loss."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QEvent, QSize, Qt
from qtpy.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from darlc.events import STAGES, Losses
from darlc.results.palette import cluster_colours
from napari_darlc.widgets.common.curve_canvas import CurveCanvas
from napari_darlc.widgets.common.style import text_colour

_HEIGHT = 124
#: Epochs that are numbered below the curves.
_MOST_TICKS = 6
_TOTAL = "total"
_LEGEND_COLUMNS = 2


class LossCurves(QWidget):
    """Curves of the losses by epoch.

    Losses differ by orders of magnitude and some are negative, so each curve is scaled to its
    own range; the legend gives the latest values.
    """

    def __init__(self) -> None:
        super().__init__()
        self._history: dict[str, dict[str, list[float]]] = {}
        self._stage = ""
        self._followed = True
        self._legend: dict[str, QLabel] = {}

        self.canvas = CurveCanvas(_HEIGHT)
        self.canvas.setToolTip(
            "Losses by epoch, each scaled to its own range; the numbers are the latest values"
        )

        self._tabs = QHBoxLayout()
        self._tabs.setSpacing(4)
        title = QLabel("<b>Losses</b>")
        title.setToolTip(
            "Mean losses of an epoch; total is what the networks learn from, without counts"
        )
        self._tabs.addWidget(title)
        self._tabs.addStretch()
        self._group = QButtonGroup(self)
        self.tabs: dict[str, QPushButton] = {}
        self._grid = QGridLayout()
        self._grid.setContentsMargins(2, 0, 2, 0)
        self._grid.setVerticalSpacing(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self._tabs)
        layout.addWidget(self.canvas)
        layout.addLayout(self._grid)
        self.hide()

    @property
    def stage(self) -> str:
        """The stage whose curves are shown; empty before there are any."""
        return self._stage

    def values(self, stage: str, name: str) -> NDArray[np.float64]:
        """Return a loss, one value an epoch."""
        return np.array(self._history[stage][name], dtype=np.float64)

    def line(self, name: str) -> NDArray[np.float64]:
        """Return the points of the line drawn for a loss, (epochs, 2), in [0, 1]."""
        return self.canvas.points(name)

    def names(self) -> tuple[str, ...]:
        """Return the losses shown, in the legend's order."""
        return tuple(self._legend)

    def clear(self) -> None:
        """Forget all curves; without any the widget takes no room."""
        self.hide()
        self._history.clear()
        for button in self.tabs.values():
            self._group.removeButton(button)
            button.hide()
            button.deleteLater()
        self.tabs.clear()
        self._stage, self._followed = "", True
        self._relabel()
        self._draw()

    def add(self, losses: Losses) -> None:
        """Append the losses of an epoch, and show their stage unless the user chose another."""
        self._append(losses.stage, losses.values)
        if self._followed and self._stage != losses.stage:
            self.show_stage(losses.stage)
        elif self._stage == losses.stage:
            self._refresh()

    def set_history(self, history: dict[str, NDArray[np.float64]]) -> None:
        """Show the loss curves of a finished fit, by ``"stage/name"``."""
        self.clear()
        for key, values in history.items():
            stage, _, name = key.partition("/")
            self._history.setdefault(stage, {})[name] = [float(value) for value in values]
        # In the order in which they were gone through: a file keeps its keys by name.
        known = [stage for stage in STAGES if stage in self._history]
        for stage in known:
            self._make_tab(stage)
        if known:
            self.show_stage(known[-1])

    def show_stage(self, stage: str) -> None:
        """Show the curves of a stage."""
        self._stage = stage
        self.show()
        self.tabs[stage].setChecked(True)
        self._refresh()

    def changeEvent(self, event: QEvent | None) -> None:
        """Follow the theme, which the line of the total contrasts with."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.StyleChange and self._stage:
            self._refresh()

    def sizeHint(self) -> QSize:
        """Return a size in which curves can be told apart."""
        return QSize(300, _HEIGHT + 60)

    def _append(self, stage: str, values: dict[str, float]) -> None:
        self._make_tab(stage)
        curves = self._history.setdefault(stage, {})
        epochs = max((len(curve) for curve in curves.values()), default=0)
        for name, value in values.items():
            # A loss that sets in later starts at its own epoch.
            curve = curves.setdefault(name, [float("nan")] * epochs)
            curve.append(value)

    def _make_tab(self, stage: str) -> None:
        if stage in self.tabs:
            return
        button = QPushButton(stage)
        button.setCheckable(True)
        button.setToolTip(f"Show the losses of the stage {stage}")
        button.clicked.connect(lambda: self._on_tab(stage))
        self._group.addButton(button)
        self._tabs.addWidget(button)
        self.tabs[stage] = button

    def _on_tab(self, stage: str) -> None:
        self._followed = stage == list(self.tabs)[-1]
        self.show_stage(stage)

    def _refresh(self) -> None:
        if set(self._history.get(self._stage, {})) != set(self._legend):
            self._relabel()
        for name, label in self._legend.items():
            latest = self._history[self._stage][name][-1]
            label.setText(f"<span style='color:{self._colour(name)}'>━</span> {name} {latest:.4g}")
        self._draw()

    def _relabel(self) -> None:
        for label in self._legend.values():
            self._grid.removeWidget(label)
            label.hide()
            label.deleteLater()
        names = sorted(self._history.get(self._stage, {}), key=lambda n: (n != _TOTAL, n))
        self._legend = {}
        for place, name in enumerate(names):
            label = QLabel()
            label.setTextFormat(Qt.TextFormat.RichText)
            label.setToolTip(f"Latest value of the loss {name}")
            self._grid.addWidget(label, *divmod(place, _LEGEND_COLUMNS))
            self._legend[name] = label

    def _draw(self) -> None:
        epochs = max((len(self._history[self._stage][name]) for name in self._legend), default=0)
        self.canvas.label(_ticks(epochs), ((1.0, "max"), (0.0, "min")), "epoch")
        # The total comes first, so that it lies under the others.
        self.canvas.draw(
            {
                name: (
                    _points(self.values(self._stage, name)),
                    self._colour(name),
                    3 if name == _TOTAL else 2,
                )
                for name in self._legend
            }
        )

    def _colour(self, name: str) -> str:
        if name == _TOTAL:
            return text_colour(self, 0.9).name()
        others = [other for other in self._legend if other != _TOTAL]
        return cluster_colours(len(others))[others.index(name)]


def _ticks(epochs: int) -> list[tuple[float, str]]:
    """Return round numbers of epochs, and where they lie between the first and the last."""
    if epochs < 2:
        return [(0.5, "1")] * epochs
    steps = (first * 10**power for power in range(9) for first in (1, 2, 5))
    step = next(step for step in steps if epochs / step <= _MOST_TICKS)
    return [((n - 1) / (epochs - 1), f"{n}") for n in range(step, epochs + 1, step)]


def _points(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lay a curve into the unit square; a single value becomes a short dash."""
    if len(values) == 1:
        values = np.repeat(values, 2)
    x = np.linspace(0, 1, len(values))
    seen = np.isfinite(values)
    low, high = (values[seen].min(), values[seen].max()) if seen.any() else (0.0, 0.0)
    y = (values - low) / (high - low) if high > low else np.full(len(values), 0.5)
    return np.column_stack([x, y])[seen]
