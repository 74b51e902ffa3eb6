"""The curve by which the number of clusters was chosen."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from darlc.errors import InputError
from darlc.plots.layout import figure_of
from darlc.results.result import Result


def choose_k(result: Result, *, ax: Axes | None = None) -> Axes:
    """Draw what each number of clusters gains over no pattern, and mark the best.

    Parameters
    ----------
    result
        Of a fit to counts whose number of clusters was ``"auto"``.
    ax
        Axes to draw in; those of a new figure by default.

    Returns
    -------
    Axes
        The axes that were drawn in.

    Raises
    ------
    InputError
        The result holds no curve.
    """
    numbers = np.asarray(result.mixture.get("sweep_clusters", ()))
    gain = np.asarray(result.mixture.get("sweep_objective", ()))
    if not numbers.size:
        raise InputError(
            "the result holds no curve, since its number of clusters was given, its values are no "
            "counts, or it was stopped early: fit counts with automatic clusters."
        )
    if ax is None:
        ax = figure_of(None, (4.6, 2.8)).subplots()
    best = int(np.argmax(gain))
    order = np.argsort(numbers)
    ax.plot(numbers[order], gain[order], marker="o", markersize=3.5, color="#176773", linewidth=1.2)
    ax.plot(numbers[best], gain[best], marker="o", markersize=8, color="#ee7733", zorder=0)
    ax.annotate(
        f"K = {int(numbers[best])}", (numbers[best], gain[best]), xytext=(0, 8),
        textcoords="offset points", ha="center", fontsize="small",
    )  # fmt: skip
    ax.margins(y=0.15)
    ax.set_xlabel("number of clusters K")
    ax.set_ylabel("gain over no pattern,\nless the price (nats)")
    ax.spines[["top", "right"]].set_visible(False)
    return ax
