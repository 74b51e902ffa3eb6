"""A guard against damaged HDF5 files on which the HDF5 library never returns.

Text of variable length lies in *global heaps*, each a chain of objects. The library steps from
object to object by their sizes; where a hole of zeros (an interrupted copy) hits the chain, the
step is zero and the library loops for ever, holding the interpreter's lock, so that a window
would freeze. No intact file holds such a step.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
#: Signature, version and reserved bytes of a heap; a chance match in data is next to impossible.
_HEAP = b"GCOL\x01\x00\x00\x00"
_HEADER = 16


def check_hdf5(path: Path) -> None:
    """Refuse what is not HDF5, and HDF5 that would hang its library.

    Raises
    ------
    ValueError
        Says which of the two.
    """
    with path.open("rb") as file:
        if file.read(len(_SIGNATURE)) != _SIGNATURE:
            raise ValueError("no HDF5 file")
        version = file.read(1)[0]
        file.seek(13 if version < 2 else 9)
        offset_bytes, length_bytes = file.read(2)
        if (offset_bytes, length_bytes) != (8, 8):
            return  # a layout that neither AnnData nor Space Ranger writes
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            at = content.find(_HEAP)
            while at >= 0:
                if _has_zero_step(content, at):
                    raise ValueError("a heap of text is overwritten with zeros")
                at = content.find(_HEAP, at + _HEADER)


def _has_zero_step(content: mmap.mmap, at: int) -> bool:
    """Walk the objects of the heap at an offset as the library would."""
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
