"""Colours, sizes and emphasis of genes on the map."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.results.palette import cluster_colours, rgb
from napari_darlc.genes.columns import GeneColumn
from napari_darlc.widgets.map.colours import (
    OTHER,
    UNKNOWN_COLOUR,
    Entry,
    emphasised,
    number_colours,
    paint,
    sizes,
)

ALL = np.arange(6)


def text(*values: str, colours: dict[str, str] | None = None) -> GeneColumn:
    column = GeneColumn.of_text("kind", np.array(values, dtype=object))
    return GeneColumn("kind", column.values, column.key, "", colours or {})


def test_texts_have_the_columns_own_colours() -> None:
    column = text("b", "a", "b", "", "a", "b", colours={"a": "#ff0000", "b": "#00ff00"})
    painted = paint(column, ALL)
    assert painted.entries == (Entry("a", "#ff0000", 2), Entry("b", "#00ff00", 3))
    assert painted.limits is None
    np.testing.assert_array_equal(painted.colours[1, :3], [1, 0, 0])
    np.testing.assert_array_equal(painted.colours[2, :3], [0, 1, 0])
    np.testing.assert_allclose(painted.colours[3, :3], rgb(UNKNOWN_COLOUR))
    assert painted.colours[3, 3] < painted.colours[2, 3]


def test_only_genes_on_the_map_are_in_the_legend() -> None:
    painted = paint(text("b", "a", "b", "c", "a", "b"), np.array([5, 0]))
    assert [(entry.label, entry.count) for entry in painted.entries] == [("b", 2)]
    assert painted.colours.shape == (2, 4)


def test_rare_texts_share_a_colour_where_there_are_too_many() -> None:
    names = [f"t{i:02d}" for i in range(30) for _ in range(30 - i)]
    painted = paint(text(*names), np.arange(len(names)))
    labels = [entry.label for entry in painted.entries]
    assert labels == [f"t{i:02d}" for i in range(20)] + [OTHER]
    assert [entry.colour for entry in painted.entries[:20]] == list(cluster_colours(20))
    assert sum(entry.count for entry in painted.entries) == len(names)
    np.testing.assert_allclose(painted.colours[-1, :3], rgb(UNKNOWN_COLOUR))


def test_numbers_run_through_the_table() -> None:
    values = np.append(np.linspace(2, 4, 1001), np.nan)
    painted = paint(GeneColumn.of_numbers("n", values), np.arange(1002))
    assert painted.limits == pytest.approx((2.02, 3.98))
    table = number_colours()
    np.testing.assert_array_equal(painted.colours[0, :3], table[0])
    np.testing.assert_array_equal(painted.colours[1000, :3], table[-1])
    np.testing.assert_allclose(painted.colours[500, :3], table[len(table) // 2], atol=0.02)
    np.testing.assert_allclose(painted.colours[1001, :3], rgb(UNKNOWN_COLOUR))
    # Brighter is more, for readers who see no hues too.
    brightness = table @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(brightness) > -1e-3).all() and brightness[0] > 0.1


@pytest.mark.parametrize("value", [np.nan, 3.0])
def test_numbers_that_say_nothing(value: float) -> None:
    painted = paint(GeneColumn.of_numbers("n", np.full(6, value)), ALL)
    assert np.isfinite(painted.colours).all()
    assert (painted.limits is None) == np.isnan(value)


def test_surer_genes_are_larger() -> None:
    found = sizes(np.array([0.1, 0.5, 1.0, np.nan]))
    assert found[0] < found[1] < found[2]
    assert found[0] <= found[3] <= found[1]
    assert sizes(np.ones(20_000))[0] < found[2]


def test_what_is_not_meant_is_faint() -> None:
    colours = paint(text("b", "a", "b", "c", "a", "b"), ALL).colours
    strong = np.array([True, False] * 3)
    faded = emphasised(colours, strong)
    np.testing.assert_array_equal(faded[strong], colours[strong])
    np.testing.assert_array_equal(faded[~strong, :3], colours[~strong, :3])
    assert (faded[~strong, 3] <= 0.1).all()
