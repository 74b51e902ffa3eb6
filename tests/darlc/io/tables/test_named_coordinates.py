"""Coordinates in names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from darlc.io.tables.named_coordinates import parse_coordinates

numbers = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("X16.92x9.015", (16.92, 9.015)),
        ("16.92x9.015", (16.92, 9.015)),
        ("1705.25842696629x3916.89887640449", (1705.25842696629, 3916.89887640449)),
        ("10x13", (10.0, 13.0)),
        ("10_12", (10.0, 12.0)),
        ("-1.5x2e3", (-1.5, 2000.0)),
        (" 1x2 ", (1.0, 2.0)),
    ],
)
def test_names_with_coordinates(name, expected):
    assert parse_coordinates(name) == expected


@pytest.mark.parametrize(
    "name", ["Nrf1", "", "x", "1", "1x", "x1", "1x2x3", "1-Mar", "0610007P14Rik", "AAAC-1", "٣x٤"]
)
def test_names_without_coordinates(name):
    assert parse_coordinates(name) is None


@given(numbers, numbers, st.sampled_from("x_"), st.sampled_from(["", "X"]))
def test_every_finite_number_comes_back(x, y, separator, prefix):
    assert parse_coordinates(f"{prefix}{x!r}{separator}{y!r}") == (x, y)


@given(st.text())
def test_any_text_is_answered(text):
    found = parse_coordinates(text)
    assert found is None or len(found) == 2
