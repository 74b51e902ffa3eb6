"""Columns of obs become colours, and a legend that says what they mean."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from napari.utils.colormaps import ensure_colormap

from darlc.results.palette import cluster_colours, rgb
from napari_darlc.canvas.annotations import (
    UNKNOWN,
    annotation_columns,
    colours_by_column,
    colours_of,
)


@pytest.fixture
def adata() -> AnnData:
    n = 120
    layer = np.array(["L1", "L2", "WM"])[np.arange(n) % 3].astype(object)
    layer[:5] = None
    obs = pd.DataFrame(
        {
            "layer": layer,
            "leiden": pd.Categorical(np.arange(n) % 2),
            "few": np.arange(n) % 4,
            "depth": np.linspace(0.0, 1.0, n),
            "inside": np.arange(n) % 2 == 0,
            "barcode": [f"AC{i}" for i in range(n)],
            "batch": ["one"] * n,
            "in_tissue": 1,
            "nothing": np.nan,
            "lists": [[i] for i in range(n)],
        },
        index=[str(i) for i in range(n)],
    )
    return AnnData(np.ones((n, 1), dtype=np.float32), obs=obs)


def test_only_columns_that_tell_something_apart_are_offered(adata: AnnData) -> None:
    assert annotation_columns(adata.obs) == ("layer", "leiden", "few", "depth", "inside")


def test_labels_wear_the_palette_and_missing_ones_recede(adata: AnnData) -> None:
    colours, legend = colours_by_column(adata, "layer", np.arange(120))
    wanted = [(*rgb(colour), 1.0) for colour in cluster_colours(3)]
    np.testing.assert_allclose(colours[6:9], wanted, atol=1e-6)
    np.testing.assert_allclose(colours[:5], [UNKNOWN] * 5)
    assert [(name, n) for name, _, n in legend.labels] == [("L1", 38), ("L2", 38), ("WM", 39)]
    assert legend.unknown == 5 and legend.column and legend.limits is None


@pytest.mark.parametrize("column", ["leiden", "few", "inside"])
def test_few_numbers_are_labels(adata: AnnData, column: str) -> None:
    _, legend = colours_by_column(adata, column, np.arange(120))
    assert sum(n for _, _, n in legend.labels) == 120


def test_the_files_own_colours_are_used_where_they_fit(adata: AnnData) -> None:
    adata.uns["leiden_colors"] = np.array(["#FF0000", "#00ff00ff"], dtype=object)
    colours, legend = colours_by_column(adata, "leiden", np.array([0, 1]))
    np.testing.assert_allclose(colours[:, :3], [[1, 0, 0], [0, 1, 0]])
    assert [colour for _, colour, _ in legend.labels] == ["#ff0000", "#00ff00"]
    for unusable in (["#ff0000"], ["red", "blue"], "#ff0000"):
        adata.uns["leiden_colors"] = unusable
        _, legend = colours_by_column(adata, "leiden", np.array([0, 1]))
        assert [colour for _, colour, _ in legend.labels] == list(cluster_colours(2))


def test_labels_that_are_not_drawn_are_not_in_the_legend(adata: AnnData) -> None:
    _, legend = colours_by_column(adata, "layer", np.array([6, 9, 12]))
    assert [label[0] for label in legend.labels] == ["L1"]


def test_numbers_are_graded_between_percentiles(adata: AnnData) -> None:
    adata.obs["depth"] = np.where(np.arange(120) == 7, np.nan, adata.obs["depth"])
    colours, legend = colours_by_column(adata, "depth", np.arange(120))
    assert legend.limits == pytest.approx((0.01, 0.99), abs=0.01)
    assert legend.unknown == 1 and legend.column
    np.testing.assert_allclose(colours[7], UNKNOWN)
    ramp = ensure_colormap("viridis").map(np.array([0.0, 1.0]))
    np.testing.assert_allclose(colours[[0, -1]], ramp, atol=1e-3)


def test_values_take_the_colormap_between_the_limits() -> None:
    colours, legend = colours_of(np.array([-1.0, 0.0, 2.0, 9.0, np.nan]), (0.0, 2.0), "gray", "Mbp")
    np.testing.assert_allclose(colours[:4, 0], [0, 0, 1, 1], atol=1e-6)
    np.testing.assert_allclose(colours[4], UNKNOWN)
    assert legend.title == "Mbp" and not legend.column and legend.unknown == 1
