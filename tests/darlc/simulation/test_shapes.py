"""Families of patterns: what their members share, and that they can be told apart."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.errors import InputError
from darlc.simulation.shapes import (
    FAMILIES,
    MOST_ALIKE,
    Canvas,
    differs,
    draw_distinct,
    draw_patterns,
    field,
)


@pytest.fixture
def square() -> tuple[np.ndarray, np.ndarray]:
    """Positions of a regular 24 × 24 square."""
    y, x = np.mgrid[:24, :24].reshape(2, -1) / 23
    return x, y


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_patterns_are_positive_and_differ(family, seed: int, square) -> None:
    patterns = draw_patterns(*square, 20, family, np.random.default_rng(seed), distinct=True)
    assert patterns.shape == (576, 20) and (patterns > 0).all()
    correlation = np.corrcoef(patterns.T) - np.eye(20)
    assert correlation.max() < MOST_ALIKE
    ratio = patterns.max(axis=0) / patterns.min(axis=0)
    assert ratio.min() > 1.8 and ratio.max() < np.exp(2.2) * 1.01


@pytest.mark.parametrize("maker", sorted({m for ms in FAMILIES.values() for m in ms}, key=str))
def test_shapes_lie_between_zero_and_one(maker, square) -> None:
    canvas = Canvas.arched(*square, np.random.default_rng(0))
    for _ in range(10):
        shape = maker(canvas)
        assert shape.min() >= 0 and shape.max() <= 1 and np.ptp(shape) > 0.2


def test_layers_depend_on_depth_alone(square) -> None:
    canvas = Canvas.arched(*square, np.random.default_rng(0))
    order = np.argsort(canvas.depth)
    for draw in (canvas.layer, canvas.two_layers):
        # Along the depth a layer is smooth: no jump between observations of equal depth.
        assert np.abs(np.diff(draw()[order])).max() < 0.25


def test_gradients_rise_along_a_direction(square) -> None:
    x, y = square
    canvas = Canvas.arched(x, y, np.random.default_rng(0))
    design = np.column_stack([x, y, np.ones_like(x)])
    gradient = canvas.gradient()
    np.testing.assert_allclose(design @ np.linalg.lstsq(design, gradient)[0], gradient, atol=1e-9)
    for _ in range(5):
        slope = canvas.slope()
        fitted = design @ np.linalg.lstsq(design, slope)[0]
        assert np.corrcoef(fitted, slope)[0, 1] > 0.5


def test_a_field_is_smooth_and_spans_the_unit_interval(square) -> None:
    values = field(*square, 0.3, np.random.default_rng(0))
    assert values.min() == 0 and values.max() == 1
    assert np.abs(np.diff(values.reshape(24, 24))).max() < 0.3


def test_a_pattern_is_drawn_again_until_it_differs() -> None:
    base = np.random.default_rng(0).normal(size=(3, 50))
    drawn = iter([base[0], base[0] * 2 + 1, -base[0], base[0], base[1]])
    kept = draw_distinct(lambda k: next(drawn), 3)
    np.testing.assert_array_equal(kept.T, [base[0], -base[0], base[1]])
    assert next(drawn, None) is None
    assert not differs(base[1] + 0.1 * base[2], [base[0], base[1]])


def test_patterns_that_run_out_are_a_sentence() -> None:
    shape = np.arange(9.0)
    with pytest.raises(InputError, match="only 1 patterns that differ were found, not 3"):
        draw_distinct(lambda k: shape, 3)
