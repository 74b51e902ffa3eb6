"""x and y out of tables, records and arrays of several columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from darlc.io.tables.positions import positions

RANDOM = np.random.default_rng(0)
X, Y = RANDOM.uniform(0, 100, (2, 60))
EXPECTED = np.column_stack([X, Y])
SECTION = np.repeat([1.0, 2.0, 3.0], 20)


@pytest.mark.parametrize(
    "found",
    [
        pd.DataFrame({"y": Y, "x": X}),
        pd.DataFrame({"z": SECTION, "y": Y, "x": X}),
        pd.DataFrame({"imagerow": Y, "imagecol": X}).astype(str),
        pd.DataFrame({"cell": [f"c{i}" for i in range(60)], "first": X, "second": Y}),
        pd.DataFrame({"section": SECTION, "a": X, "b": Y}),
        pd.DataFrame({"z": SECTION, "a": X, "b": Y}),
        pd.DataFrame({"x": np.nan, "y": np.nan, "x_um": X, "y_um": Y}),
        pd.DataFrame({0: X, 1: Y, 2: SECTION}),
        pd.DataFrame({0: SECTION, 1: X, 2: Y}),
        np.rec.fromarrays([Y, X], names="Y,X"),
        np.column_stack([X, Y, SECTION]),
        np.column_stack([SECTION, X, Y]),
        np.column_stack([X, Y, np.zeros(60)]),
        sparse.csr_matrix(EXPECTED),
    ],
)
def test_where_x_and_y_are(found):
    where = positions(found)
    assert where is not None
    np.testing.assert_allclose(np.asarray(where.values, dtype=float), EXPECTED)


@pytest.mark.parametrize("found", [np.arange(3), np.ones((3, 1)), pd.DataFrame({"x": [1.0, 2.0]})])
def test_too_few_columns(found):
    assert positions(found) is None


def test_a_lattice_has_few_values_too_and_is_no_section():
    row, column = np.mgrid[:9, :7].reshape(2, -1)
    where = positions(np.column_stack([column, row, np.zeros(63)]))
    assert where is not None
    np.testing.assert_array_equal(where.values, np.column_stack([column, row]))
