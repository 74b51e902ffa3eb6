"""Messages: what goes in comes out, and nothing else is taken for one."""

from __future__ import annotations

import io
import json
import struct

import numpy as np
import pytest

from darlc.worker.messages import read_message, write_message


def written(*messages: tuple[dict[str, object], dict[str, np.ndarray]]) -> bytes:
    stream = io.BytesIO()
    for header, arrays in messages:
        write_message(stream, header, arrays)
    return stream.getvalue()


def test_messages_follow_one_another() -> None:
    arrays = {
        "flags": np.array([True, False]),
        "empty": np.zeros((0, 3), dtype=np.float16),
        "transposed": np.arange(6.0).reshape(2, 3).T,
        "counts": np.arange(3, dtype=">u2"),
        "number": np.array(2.5, dtype=np.float32),
    }
    stream = io.BytesIO(written(({"a": 1, "ü": None}, arrays), ({"b": [2]}, {})))
    first, second = read_message(stream), read_message(stream)
    assert first is not None and second is not None
    assert first[0] == {"a": 1, "ü": None}
    assert list(first[1]) == list(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(first[1][name], array, strict=True)
    assert second == ({"b": [2]}, {})
    assert read_message(stream) is None


def test_arrays_may_be_changed_by_the_receiver() -> None:
    message = read_message(io.BytesIO(written(({}, {"x": np.zeros(3)}))))
    assert message is not None
    message[1]["x"][0] = 1.0


def test_every_truncation_is_told_from_an_end() -> None:
    whole = written(({"a": 1}, {"x": np.arange(4)}))
    for length in range(1, len(whole)):
        with pytest.raises(EOFError):
            read_message(io.BytesIO(whole[:length]))


def framed(message: object) -> bytes:
    text = json.dumps(message).encode()
    return struct.pack("<Q", len(text)) + text


@pytest.mark.parametrize(
    "garbage",
    [
        b"print('hello')\n" * 4,
        b"\xff" * 64,
        struct.pack("<Q", 4) + b"\xff\xfe\xfd\xfc",
        struct.pack("<Q", 4) + b"none",
        framed({"header": {}, "arrays": {"x": {"dtype": "|O", "shape": [1]}}}),
        framed({"header": {}, "arrays": {"x": {"dtype": "<U4", "shape": [1]}}}),
        framed({"header": {}, "arrays": {"x": {"dtype": "<f4", "shape": [-1]}}}),
        framed({"header": {}, "arrays": {"x": {"dtype": "<f4", "shape": [1.5]}}}),
        framed({"header": {}, "arrays": {"x": {"dtype": "<f4", "shape": 1}}}),
        framed({"header": {}, "arrays": {"x": {"dtype": "(2,", "shape": [1]}}}),
        framed({"header": {}, "arrays": {"x": {"dtype": "what", "shape": [1]}}}),
        framed({"header": {}, "arrays": {"x": {"dtype": [["a", "<f4"]], "shape": [1]}}}),
        framed({"header": {}, "arrays": {"x": {"shape": [1]}}}),
        framed({"header": {}, "arrays": {"x": None}}),
        framed({"header": {}, "arrays": []}),
        framed({"header": [], "arrays": {}}),
        framed({"header": {}}),
        framed({"arrays": {}}),
        framed([1]),
        framed(7),
    ],
    ids=[
        *("text", "ones", "not utf-8", "not json", "objects", "strings", "negative shape"),
        *("broken shape", "no list", "half a dtype", "unknown dtype", "fields", "no dtype"),
        *("no array", "no arrays", "no mapping", "arrays missing", "header missing"),
        *("list", "number"),
    ],
)
def test_garbage_is_refused(garbage: bytes) -> None:
    with pytest.raises(ValueError):
        read_message(io.BytesIO(garbage))


def test_objects_cannot_be_sent_unnoticed() -> None:
    stream = io.BytesIO(written(({}, {"x": np.array(["text"])})))
    with pytest.raises(ValueError, match="never hold"):
        read_message(stream)
