"""A guard against HDF5 files that make the HDF5 library hang, or that refer to other files.

Text of variable length is stored in *global heaps*, each a chain of objects. The library steps from
object to object by their sizes; where a part of the chain is zeros, as after an interrupted copy,
the step is zero and the library loops for ever while it holds the interpreter's lock, so that a
window would freeze. No intact file holds such a step.

A file may also refer to data in other files of the machine, and declare arrays of any size; no file
of this field does either.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path
from typing import TYPE_CHECKING

from darlc.io.guards.boundary import DamagedError
from darlc.io.guards.declared import check_declared

if TYPE_CHECKING:
    import h5py

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
#: Signature, version and reserved bytes of a heap; a match by chance is very unlikely.
_HEAP = b"GCOL\x01\x00\x00\x00"
_HEADER = 16
_DEEPEST = 40


def is_hdf5(path: Path) -> bool:
    """Return whether a file begins with HDF5's signature."""
    try:
        with path.open("rb") as file:
            return file.read(len(_SIGNATURE)) == _SIGNATURE
    except OSError:
        return False


def check_hdf5(path: Path) -> None:
    """Refuse files that are not HDF5, or not safe to read.

    Raises
    ------
    ValueError
        The message says what is wrong.
    """
    _check_heaps(path)
    import h5py

    with h5py.File(path, "r") as file:
        _check_group(file, 0, set())


def _check_group(group: h5py.Group, depth: int, seen: set[int]) -> None:
    """Check all links and datasets below a group, without reading them."""
    import h5py

    if (address := h5py.h5o.get_info(group.id).addr) in seen:
        return  # links may be circular
    seen.add(address)

    if depth > _DEEPEST:
        raise ValueError(f"it is nested more than {_DEEPEST} groups deep")
    for name in group:
        if isinstance(group.get(name, getlink=True), h5py.ExternalLink):
            raise ValueError(f"{name} leads to another file")
        item = group[name]
        if isinstance(item, h5py.Group):
            _check_group(item, depth + 1, seen)
        elif isinstance(item, h5py.Dataset):
            if item.external or item.is_virtual:
                raise ValueError(f"{name} has its data in another file")
            check_declared(item.nbytes, item.id.get_storage_size, name)


def _check_heaps(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(len(_SIGNATURE)) != _SIGNATURE:
            raise DamagedError("not an HDF5 file")
        version = file.read(1)[0]
        file.seek(13 if version < 2 else 9)
        offset_bytes, length_bytes = file.read(2)
        if (offset_bytes, length_bytes) != (8, 8):
            return  # a version that neither AnnData nor Space Ranger writes
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            at = content.find(_HEAP)
            while at >= 0:
                if _has_zero_step(content, at):
                    raise DamagedError("a heap of text is overwritten with zeros")
                at = content.find(_HEAP, at + _HEADER)


def _has_zero_step(content: mmap.mmap, at: int) -> bool:
    """Return whether the chain of the heap at an offset has a step of zero."""
    if at + _HEADER > len(content):
        return False
    (size,) = struct.unpack_from("<Q", content, at + 8)
    end, at = min(at + size, len(content)), at + _HEADER
    while at + _HEADER <= end:
        number, _, _, length = struct.unpack_from("<HHIQ", content, at)
        step = _HEADER + -(-length // 8) * 8 if number else length
        if step == 0:
            return True
        at += step
    return False
