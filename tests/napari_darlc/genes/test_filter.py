"""What may be typed above a column."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.errors import InputError
from napari_darlc.genes.columns import GeneColumn
from napari_darlc.genes.filter import ColumnFilter

NUMBERS = GeneColumn.of_numbers("n", np.array([-1.5, 0.0, 0.5, 3.0, 10.0, np.nan]))
TEXT = GeneColumn.of_text("t", np.array(["1", "11", "myelin", "grey matter", ""], dtype=object))


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", [0, 1, 2, 3, 4, 5]),
        ("> 0", [2, 3, 4]),
        (">=0", [1, 2, 3, 4]),
        ("<-1", [0]),
        ("<= 5e-1", [0, 1, 2]),
        ("3", [3]),
        ("= 3.", [3]),
        ("!= 3", [0, 1, 2, 4]),
        ("0 to 3", [1, 2, 3]),
        ("3..0", [1, 2, 3]),
        ("> 0 < 10", [2, 3]),
        ("> 0, < 10", [2, 3]),
        (">0 and <10 and != .5", [3]),
    ],
)
def test_numbers(typed: str, expected: list[int]) -> None:
    assert np.flatnonzero(ColumnFilter(NUMBERS).passing(typed)).tolist() == expected


@pytest.mark.parametrize("typed", [">", "> x", "abc", "> 3 foo", "= =3"])
def test_what_is_no_comparison(typed: str) -> None:
    with pytest.raises(InputError, match="not a comparison of numbers: type > 3"):
        ColumnFilter(NUMBERS).passing(typed)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", [0, 1, 2, 3, 4]),
        ("1", [0]),
        ("11", [1]),
        ("E", [2, 3]),
        ("grey matter", [3]),
        ("*1", [0, 1]),
        ("1, my", [0, 2]),
        ("!1", [1, 2, 3]),
        ("! 1, e", [1]),
        ("nothing", []),
    ],
)
def test_text(typed: str, expected: list[int]) -> None:
    assert np.flatnonzero(ColumnFilter(TEXT).passing(typed)).tolist() == expected
