"""The curve by which the number of clusters was chosen."""

from __future__ import annotations

import numpy as np
from qtpy.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from napari_darlc.saving.figures import Drawing, curve_drawing
from napari_darlc.session.session import Session
from napari_darlc.widgets.common.curve_canvas import CurveCanvas
from napari_darlc.widgets.common.figure_button import FigureButton
from napari_darlc.widgets.common.following import follow
from napari_darlc.widgets.common.style import ACCENT, note

_HEIGHT = 96
#: Numbers of clusters that are written below the curve.
_MOST_TICKS = 8


class KCurve(QWidget):
    """What each number of clusters gains; hidden where the result holds no such curve.

    Parameters
    ----------
    session
        Session with the result.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.words = note()
        self.canvas = CurveCanvas(_HEIGHT)
        self.canvas.setToolTip("What a number of clusters gains over no pattern, less its price")
        self.figure = FigureButton(session, "Draw the curve", self._drawing)
        head = QHBoxLayout()
        head.addWidget(self.words, 1)
        head.addWidget(self.figure)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self.canvas)
        follow(
            self, (session.result_changed, self._refresh), (session.dataset_changed, self._refresh)
        )
        self._refresh()

    def _drawing(self) -> Drawing | None:
        return curve_drawing() if len(self._curve()[0]) else None

    def _curve(self) -> tuple[np.ndarray, np.ndarray]:
        result = self._session.result
        held = {} if result is None else result.mixture
        numbers = np.asarray(held.get("sweep_clusters", ()), dtype=np.int64)
        gain = np.asarray(held.get("sweep_objective", ()), dtype=np.float64)
        order = np.argsort(numbers)
        return numbers[order], gain[order]

    def _left(self, best: int) -> str:
        """Return how many clusters there are in the end, where these are not the best number."""
        result = self._session.result
        assert result is not None
        left = result.clusters.n_held
        return "" if left == best else f", {left} hold genes in the end"

    def _refresh(self) -> None:
        numbers, gain = self._curve()
        self.setVisible(len(numbers) > 1)
        self.figure.refresh()
        if len(numbers) < 2:
            return
        best = int(np.argmax(gain))
        most = int(numbers[best])
        self.words.setText(f"<b>Number of clusters</b>: {most} gains most{self._left(most)}")
        x = (numbers - numbers[0]) / max(numbers[-1] - numbers[0], 1)
        y = (gain - gain.min()) / max(np.ptp(gain), 1e-12)
        step = -(-len(numbers) // _MOST_TICKS)
        ticks = [(float(x[i]), str(numbers[i])) for i in range(0, len(numbers), step)]
        self.canvas.label(ticks, ((1.0, f"{gain.max():.4g}"), (0.0, f"{gain.min():.4g}")), "K")
        mark = np.array([[x[best], 0.0], [x[best], y[best]]])
        self.canvas.draw(
            {
                "gain": (np.column_stack([x, y]), ACCENT, 2),
                "best": (mark, "#ee7733", 2),
            }
        )
