"""Transformations: closed forms of each kind and of their sequences, in any order of axes."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.io.parts.ngff import choose_system, to_affine


def axes(names, system="global"):
    return {"name": system, "axes": [{"name": each} for each in names]}


def step(kind, source="yx", out=None, **more):
    return {"type": kind, "input": axes(source), "output": axes(out or source), **more}


def test_each_kind():
    np.testing.assert_array_equal(to_affine(step("identity")), np.eye(3))
    np.testing.assert_array_equal(
        to_affine(step("scale", "cyx", scale=[1, 2, 3])), np.diag([3.0, 2, 1])
    )
    np.testing.assert_array_equal(
        to_affine(step("translation", translation=[5, 7])), [[1, 0, 7], [0, 1, 5], [0, 0, 1]]
    )
    np.testing.assert_array_equal(
        to_affine(step("mapAxis", mapAxis={"x": "y", "y": "x"})), [[0, 1, 0], [1, 0, 0], [0, 0, 1]]
    )


def test_an_affine_names_its_axes():
    # From (y, x) to (x, y): x' = 2x + 3y + 4, y' = 5x + 6y + 7.
    found = to_affine(step("affine", "yx", "xy", affine=[[3, 2, 4], [6, 5, 7]]))
    np.testing.assert_array_equal(found, [[2, 3, 4], [5, 6, 7], [0, 0, 1]])
    whole = step("affine", "yx", "xy", affine=[[3, 2, 4], [6, 5, 7], [0, 0, 1]])
    np.testing.assert_array_equal(to_affine(whole), found)


def test_a_sequence_is_followed_in_order():
    parts = [
        step("scale", "zyx", scale=[9, 2, 3]),
        step("affine", "zyx", "xyz", affine=[[0, 0, 1, 10], [0, 1, 0, 20], [1, 0, 0, 30]]),
        step("translation", "yxz", translation=[1, 2, 3]),
    ]
    found = to_affine(step("sequence", "zyx", "xyz", transformations=parts))
    np.testing.assert_array_equal(found, [[3, 0, 12], [0, 2, 21], [0, 0, 1]])


@pytest.mark.parametrize(
    "bad",
    [
        step("spiral"),
        step("scale", scale=[1.0]),
        step("affine", affine=[[1, 2], [3, 4]]),
        {},
    ],
)
def test_what_cannot_be_followed(bad):
    with pytest.raises(ValueError):
        to_affine(bad)


def test_nesting_has_an_end():
    deep = step("identity")
    for _ in range(30):
        deep = step("sequence", transformations=[deep])
    with pytest.raises(ValueError, match="too deeply"):
        to_affine(deep)


def test_systems():
    listed = [{"output": axes("xy", "um")}, {"output": axes("xy")}]
    assert choose_system(listed, "")[0] is listed[1]
    assert choose_system(listed, "um")[0] is listed[0]
    assert choose_system(listed[:1], "")[0] is listed[0]
    assert choose_system(listed, "none") == (None, ["um", "global"])
    assert choose_system([], "") == (None, [])
