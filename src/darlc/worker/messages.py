"""Messages over pipes: a JSON header and raw array buffers. Nothing in them can run code."""

from __future__ import annotations

import json
import math
import struct
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

_LENGTH = struct.Struct("<Q")
#: Longest header in bytes; long data are sent as arrays.
_LONGEST_HEADER = 256 * 1024 * 1024
_KINDS = "biuf"

Arrays = dict[str, NDArray[Any]]


def write_message(stream: BinaryIO, header: dict[str, Any], arrays: Arrays | None = None) -> None:
    """Write one message and flush it.

    Parameters
    ----------
    stream
        Binary stream, written to by one thread at a time.
    header
        Values that JSON can hold.
    arrays
        Numeric or boolean arrays by name, any shape.
    """
    # Unlike ascontiguousarray, this keeps arrays without dimensions.
    arrays = {name: np.asarray(array, order="C") for name, array in (arrays or {}).items()}
    described = {
        name: {"dtype": array.dtype.str, "shape": array.shape} for name, array in arrays.items()
    }
    text = json.dumps({"header": header, "arrays": described}).encode()
    stream.write(_LENGTH.pack(len(text)))
    stream.write(text)
    for array in arrays.values():
        stream.write(array.reshape(-1).view(np.uint8).data)
    stream.flush()


def read_message(stream: BinaryIO) -> tuple[dict[str, Any], Arrays] | None:
    """Read the next message; None at the end of the stream.

    Raises
    ------
    EOFError
        The stream ended within a message.
    ValueError
        The bytes are not a message.
    """
    start = stream.read(_LENGTH.size)
    if not start:
        return None
    if len(start) < _LENGTH.size:
        raise EOFError("the stream ended within a message")
    (length,) = _LENGTH.unpack(start)
    if length > _LONGEST_HEADER:
        raise ValueError(f"a header of {length} bytes is not a message")
    message = json.loads(_read(stream, length))
    header, described = _members(message, "header", "arrays")
    if not (isinstance(header, dict) and isinstance(described, dict)):
        raise ValueError("a message has a header and arrays")
    arrays: Arrays = {}
    for name, array in described.items():
        dtype, shape = _layout(name, array)
        values = np.frombuffer(_read(stream, math.prod(shape) * dtype.itemsize), dtype=dtype)
        arrays[name] = values.reshape(shape)
    return header, arrays


def _members(value: object, *names: str) -> tuple[Any, ...]:
    if not (isinstance(value, dict) and all(name in value for name in names)):
        raise ValueError(f"a message lacks {' or '.join(names)}")
    return tuple(value[name] for name in names)


def _layout(name: str, described: object) -> tuple[np.dtype[Any], tuple[int, ...]]:
    """Return dtype and shape of an array from a header, which may be invalid."""
    kind, shape = _members(described, "dtype", "shape")
    if not isinstance(kind, str) or not isinstance(shape, list):
        raise ValueError(f"array '{name}' has no dtype and shape")
    try:
        dtype = np.dtype(kind)
    except (TypeError, SyntaxError) as error:
        raise ValueError(f"array '{name}' is of the unknown kind '{kind}'") from error
    if dtype.kind not in _KINDS or dtype.shape:
        raise ValueError(f"array '{name}' is of kind '{dtype}', which messages never hold")
    if not all(type(side) is int and side >= 0 for side in shape):
        raise ValueError(f"array '{name}' has no shape {shape}")
    return dtype, tuple(shape)


def _read(stream: BinaryIO, length: int) -> bytearray:
    buffer = bytearray(length)
    view = memoryview(buffer)
    done = 0
    while done < length:
        got = stream.readinto(view[done:])  # type: ignore[attr-defined]
        if not got:
            raise EOFError("the stream ended within a message")
        done += got
    return buffer
