from __future__ import annotations

import numpy as np

from darlc.report.arrays import Arrays


def read(arrays, name):
    where = arrays.where[name]
    size = int(np.prod(where["shape"]))
    kind = np.dtype(where["type"]).newbyteorder("<")
    return np.frombuffer(bytes(arrays.block), kind, size, where["offset"]).reshape(where["shape"])


def test_arrays_of_two_lie_in_one_block():
    first = Arrays()
    second = Arrays(first.block)
    bytes_, floats = np.arange(3, dtype=np.uint8), np.linspace(0, 1, 6, dtype=np.float32)
    first.add("bytes", bytes_)
    second.add("floats", floats.reshape(2, 3))
    np.testing.assert_array_equal(read(first, "bytes"), bytes_)
    np.testing.assert_array_equal(read(second, "floats"), floats.reshape(2, 3))
    assert second.where["floats"]["offset"] % 8 == 0 and list(first.where) == ["bytes"]


def test_scaled_columns_are_close_and_zeros_stay():
    values = np.array([[1.0, 0.0, -300.0], [0.5, 0.0, 2.0]], dtype=np.float32)
    arrays = Arrays()
    arrays.add_scaled("x", values)
    again = read(arrays, "x") * read(arrays, "xScale")
    np.testing.assert_allclose(again, values, atol=0.01)
    assert (again[:, 1] == 0).all()
