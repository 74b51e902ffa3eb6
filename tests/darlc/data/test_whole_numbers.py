"""Whole numbers are told from others in every kind of matrix."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from darlc.data.whole_numbers import is_whole

VALUES = st.one_of(
    st.integers(-1000, 1000).map(float),
    st.floats(width=32),
    st.sampled_from([float(np.float32(1e30)), np.nan]),
)


@given(arrays(np.float32, st.tuples(st.integers(0, 7), st.integers(1, 7)), elements=VALUES))
def test_it_is_what_rounding_leaves_alone(dense: np.ndarray) -> None:
    with np.errstate(invalid="ignore"):
        expected = bool(np.all(dense == np.rint(dense)))
    assert is_whole(dense) is expected
    assert is_whole(sparse.csr_matrix(dense)) is expected
    assert is_whole(sparse.csc_array(dense.astype(np.float64))) is expected


@pytest.mark.parametrize("place", [0, 999, 1000, 4999])
def test_one_value_anywhere_decides(place: int) -> None:
    values = np.ones(5000)
    assert is_whole(values)
    values[place] = 0.5
    assert not is_whole(values)


def test_integers_are_whole_and_texts_are_not() -> None:
    assert is_whole(np.ones(3, dtype=np.uint8)) and is_whole(np.zeros(3, dtype=bool))
    assert not is_whole(np.array(["1", "2"], dtype=object))
