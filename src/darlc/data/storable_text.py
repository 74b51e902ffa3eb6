"""Text and names that files can hold: without null characters and lone surrogates."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: The longest name in a Zarr store, in bytes, that every file system accepts.
_LONGEST = 200
#: Names that AnnData or Zarr reserve.
_RESERVED = {"", ".", "..", "_index", "zarr.json", ".zarray", ".zattrs", ".zgroup", ".zmetadata"}


def clean(text: str) -> str:
    """Return a text that UTF-8 can encode, without null characters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode(errors="replace").decode()
    return text.replace("\x00", "")


def text_of(value: Any) -> str:
    """Return any value as clean text."""
    try:
        if isinstance(value, bytes):
            return clean(value.decode(errors="replace"))
        return clean(str.__str__(value) if isinstance(value, str) else str(value))
    except Exception:  # a foreign class may raise anything here
        return f"a {type(value).__name__}"


def texts(array: NDArray[Any], gap: str | None = "") -> NDArray[Any]:
    """Return an array with the values as text; ``gap`` stands where one is missing."""
    return shaped(
        (
            each if type(each) is str else gap if is_missing(each) else text_of(each)
            for each in array.flat
        ),
        array.shape,
    )


def clean_array(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array of texts, cleaned; None stays where one is missing."""
    if array.dtype.kind != "O":
        array = texts(array.astype(object))
    joined = "\n".join(each for each in array.flat if each is not None)
    if clean(joined) == joined:
        return array
    return shaped((None if each is None else clean(each) for each in array.flat), array.shape)


def shaped(items: Iterable[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return items of any kind as an array of objects."""
    return np.fromiter(items, dtype=object, count=math.prod(shape)).reshape(shape)


def is_missing(value: Any) -> bool:
    """Return whether a single value stands for none: None, NaN and their like."""
    import pandas as pd

    # For a list or an array, pandas returns one value for each item.
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def is_name(name: str) -> bool:
    """Return whether files can hold a value of this name."""
    return (
        name not in _RESERVED
        and "/" not in name
        and clean(name) == name
        and len(name.encode()) <= _LONGEST
    )


def usable_name(name: Any) -> str:
    """Return a similar name that is valid in files."""
    text = clean(name if isinstance(name, str) else text_of(name)).replace("/", "_")
    text = text.encode()[:_LONGEST].decode(errors="ignore")
    if text in _RESERVED:
        text = text.strip("._") or "unnamed"
    return text if text not in _RESERVED else f"{text}_"
