"""A gene's expression by distance, drawn: raw with its band, and denoised."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from darlc.explore.distance import DistanceCurve
from napari_darlc.widgets.common.curve_canvas import CurveCanvas, Tick
from napari_darlc.widgets.common.style import ACCENT, text_colour

_HEIGHT = 170
#: Steps between distances that are written, at most.
_MOST_TICKS = 6


class DistanceCanvas(CurveCanvas):
    """The curve of one gene; empty without one."""

    def __init__(self) -> None:
        super().__init__(_HEIGHT)
        self.curve: DistanceCurve | None = None

    def show_curve(self, curve: DistanceCurve | None, microns: float) -> None:
        """Show a curve.

        Parameters
        ----------
        curve
            The curve; None shows nothing.
        microns
            Micrometres in a unit of the distances; NaN where that is not known.
        """
        self.curve = curve
        if curve is None:
            self.label((), (), "")
            self.draw({})
            return
        low, high = float(curve.edges[0]), float(curve.edges[-1])
        middle = (curve.edges[:-1] + curve.edges[1:]) / 2
        x = (middle - low) / (high - low)
        values = np.concatenate([curve.low, curve.high, curve.raw, curve.denoised])
        bottom, top = min(0.0, float(np.nanmin(values))), float(np.nanmax(values))
        top = top if top > bottom else bottom + 1.0

        def line(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
            points = np.column_stack([x, (numbers - bottom) / (top - bottom)])
            return points[np.isfinite(numbers)]

        known = np.isfinite(microns)
        ticks = _ticks(low * microns, high * microns) if known else _ticks(low, high)
        self.label(
            ticks, ((1.0, f"{top:.3g}"), (0.0, f"{bottom:.3g}")), "µm" if known else "distance"
        )
        grey = text_colour(self, 0.7).name()
        curves = {"raw": (line(curve.raw), grey, 1.5)}
        if np.isfinite(curve.denoised).any():
            curves["denoised"] = (line(curve.denoised), ACCENT, 2.5)
        band = np.concatenate([line(curve.low), line(curve.high)[::-1]])
        self.draw(curves, [(band, grey)])


def _ticks(low: float, high: float) -> list[Tick]:
    """Return round numbers between two, and where they lie from the first to the second."""
    steps = (first * 10.0**power for power in range(-6, 12) for first in (1, 2, 5))
    step = next(step for step in steps if (high - low) / step <= _MOST_TICKS)
    numbers = np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step
    return [(float((each - low) / (high - low)), f"{each:g}") for each in numbers]
