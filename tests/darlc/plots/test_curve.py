from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from darlc import plots
from darlc.errors import InputError


def test_the_best_number_is_marked(result, looks_as_before):
    swept = {"sweep_clusters": np.array([8, 2, 4]), "sweep_objective": np.array([5.0, 1.0, 9.0])}
    figure = Figure(figsize=(3, 2), layout="constrained")
    ax = plots.choose_k(replace(result, mixture=swept), ax=figure.subplots())
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), [2, 4, 8])
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [1, 9, 5])
    assert [text.get_text() for text in ax.texts] == ["K = 4"]
    looks_as_before(figure, "curve")


def test_without_a_curve(result):
    with pytest.raises(InputError, match="holds no curve, since its number of clusters was given"):
        plots.choose_k(result)
