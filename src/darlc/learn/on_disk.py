"""Large objects of sections, in files while nothing is computed of them.

A section's counts and bands take hundreds of megabytes, and a study asks each section in turn. A
file has no name, so that it is gone with its process, whatever ends that; what its arrays belong to
stays in memory, so that nothing but numbers is ever read from it. Arrays are mapped, not copied.
"""

from __future__ import annotations

import io
import pickle
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

#: Bytes of arrays from which on an object is put into a file.
LARGE = 16 * 2**20
#: Places of arrays in files are multiples of it.
_ALIGNED = 64


class OnDisk:
    """An object whose arrays are in a file.

    Parameters
    ----------
    header
        All of it but its arrays.
    arrays
        Its arrays, in the order in which they are asked for.

    Raises
    ------
    OSError
        The file cannot be written.
    """

    def __init__(self, header: bytes, arrays: list[memoryview]) -> None:
        self._header = header
        self._parts: list[tuple[int, int]] = []
        # Without a name where the system can: nobody else has to delete it.
        self._file = tempfile.TemporaryFile(prefix="darlc-")  # noqa: SIM115
        end = 0
        for each in arrays:
            self._parts.append((end, each.nbytes))
            self._file.write(each)
            rest = -each.nbytes % _ALIGNED
            self._file.write(bytes(rest))
            end += each.nbytes + rest
        self._file.flush()

    def load(self) -> Any:
        """Return the object. Its arrays are those of the file; changes stay with this object."""
        mapped = np.memmap(self._file, mode="c")
        parts = [mapped[start : start + size] for start, size in self._parts]
        return pickle.loads(self._header, buffers=parts)

    def __reduce__(self) -> tuple[Callable[[Any], Any], tuple[Any]]:
        """Return what makes it again in another process."""
        return put, (self.load(),)


def put(value: Any) -> Any:
    """Return a value, with its arrays in a file if they are large and it can be written."""
    if isinstance(value, OnDisk):
        return value
    arrays: list[memoryview] = []
    stream = io.BytesIO()

    def take(buffer: pickle.PickleBuffer) -> None:
        arrays.append(buffer.raw())

    try:
        _Pickler(stream, protocol=5, buffer_callback=take).dump(value)
    except _Elsewhere:
        return value
    if sum(each.nbytes for each in arrays) < LARGE:
        return value
    try:
        return OnDisk(stream.getvalue(), arrays)
    except OSError:
        return value


def mapped(value: Any) -> Any:
    """Return a value whose arrays, if they are large, are those of a file and not in memory.

    The system reads what is asked for, and drops it when memory is needed elsewhere.
    """
    return taken(put(value))


def taken(value: Any) -> Any:
    """Return a value whose arrays may be in a file."""
    return value.load() if isinstance(value, OnDisk) else value


def call(function: Callable[..., Any], *given: Any) -> Any:
    """Call a function with values that may be in files."""
    return function(*map(taken, given))


def keep(function: Callable[..., Any], *given: Any) -> Any:
    """Return what a function returns for values that may be in files, in a file if it is large.

    What it was given and returns as it is stays where it is.
    """
    loaded = [taken(each) for each in given]
    value = function(*loaded)
    for each, own in zip(given, loaded, strict=True):
        if value is own:
            return each
    return put(value)


class _Elsewhere(Exception):
    """An array is not in the memory of the processor."""


class _Pickler(pickle.Pickler):
    """Gives arrays of tensors away like those of NumPy."""

    def reducer_override(self, obj: Any) -> Any:
        if not isinstance(obj, Tensor):
            return NotImplemented
        if obj.device.type != "cpu":
            raise _Elsewhere
        return torch.from_numpy, (np.ascontiguousarray(obj.detach().numpy()),)
