"""A guard against Zarr stores that would run code, or that declare more than memory can hold.

A store is a tree of folders with JSON files, which may name any codec. One of them is pickle, which
can run arbitrary code.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any

from darlc.io.guards.boundary import DamagedError
from darlc.io.guards.declared import check_declared

_MARKS = ("zarr.json", ".zgroup", ".zarray")
#: Codecs that are safe: they decode numbers and text only.
_CODECS = {
    "adler32", "astype", "bitround", "blosc", "bytes", "bz2", "crc32", "crc32c", "delta",
    "endian", "fixedscaleoffset", "fletcher32", "gzip", "jenkins_lookup3", "lz4", "lzma",
    "packbits", "pcodec", "quantize", "sharding_indexed", "shuffle", "transpose", "vlen-bytes",
    "vlen-utf8", "zfpy", "zlib", "zstd",
}  # fmt: skip
_MOST_METADATA = 64 * 2**20
_DEEPEST = 40


def is_zarr(path: Path) -> bool:
    """Return whether a folder is the root of a Zarr store."""
    return path.is_dir() and any((path / mark).is_file() for mark in _MARKS[:2])


def check_zarr(path: Path) -> None:
    """Refuse a store with a codec that is not known to be harmless, or that declares too much.

    Raises
    ------
    ValueError
        The message says what is wrong, and where.
    """
    root = path.resolve()
    for folder in _arrays(root, root, 0):
        for mark in (".zarray", "zarr.json"):
            if (folder / mark).is_file():
                _check_array(_load(folder / mark), folder, root)
    # Libraries prefer consolidated metadata, a copy of all metadata in one file.
    for name in (".zmetadata", "zarr.json"):
        if (root / name).is_file():
            for meta in _consolidated(_load(root / name)):
                _check_codecs(meta, root)


def _arrays(folder: Path, root: Path, depth: int) -> Iterator[Path]:
    """Yield the folders of all arrays, without entering those of their chunks."""
    if depth > _DEEPEST:
        raise ValueError(f"{folder.name} lies more than {_DEEPEST} folders deep")
    if not folder.resolve().is_relative_to(root):
        raise ValueError(f"{folder.name} is a link that leads out of the store")
    with os.scandir(folder) as entries:
        found = list(entries)
    names = {entry.name for entry in found}
    if ".zarray" in names or ("zarr.json" in names and _is_array(folder / "zarr.json")):
        yield folder
        return
    for entry in found:
        if entry.is_dir():
            yield from _arrays(Path(entry.path), root, depth + 1)


def _is_array(path: Path) -> bool:
    return _load(path).get("node_type") == "array"


def _load(path: Path) -> dict[str, Any]:
    if path.stat().st_size > _MOST_METADATA:
        raise DamagedError(f"{path.name} is too large for metadata")
    found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise DamagedError(f"{path.name} holds no metadata")
    return found


def _consolidated(meta: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the metadata of all arrays in consolidated metadata, in versions 2 and 3."""
    inner = meta.get("metadata", meta.get("consolidated_metadata"))
    if isinstance(inner, dict):
        inner = inner.get("metadata", inner)
    if not isinstance(inner, dict):
        return
    for each in inner.values():
        if isinstance(each, dict):
            yield each
            yield from _consolidated(each)


def _check_codecs(meta: dict[str, Any], where: Path) -> None:
    for codec in _codecs(meta):
        if codec not in _CODECS:
            raise ValueError(f"{where.name} names the codec {codec!r}, which is not trusted")


def _codecs(meta: dict[str, Any]) -> Iterator[str]:
    """Return the names of all codecs, also of those inside of others."""
    listed = [*(meta.get("filters") or []), meta.get("compressor"), *(meta.get("codecs") or [])]
    for each in listed:
        if not isinstance(each, dict):
            if each is not None:
                yield str(each).removeprefix("numcodecs.")
            continue
        yield str(each.get("id", each.get("name"))).removeprefix("numcodecs.")
        inner = each.get("configuration")
        if isinstance(inner, dict):
            yield from _codecs(
                {"codecs": [*inner.get("codecs", ()), *inner.get("index_codecs", ())]}
            )


def _check_array(meta: dict[str, Any], folder: Path, root: Path) -> None:
    _check_codecs(meta, folder)
    shape = [int(n) for n in meta.get("shape", ())]
    declared = prod(shape) * _item_size(meta.get("dtype", meta.get("data_type")))
    check_declared(declared, lambda: _stored(folder, root), str(folder.relative_to(root)))


def _item_size(dtype: Any) -> int:
    """Bytes of a value; of text of variable length, of its pointer."""
    import numpy as np

    try:
        return np.dtype(dtype).itemsize
    except TypeError:
        return 8


def _stored(folder: Path, root: Path) -> int:
    """Bytes of an array's files; raises on links out of the store."""
    total = 0
    for at, _, files in os.walk(folder):
        for name in files:
            file = Path(at, name)
            if file.is_symlink() and not file.resolve().is_relative_to(root):
                raise ValueError(f"{name} is a link that leads out of the store")
            total += file.stat().st_size
    return total
