"""Which collections of gene sets are asked, remembered from one session to the next."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from darlc.io.tables.gmt import collections_in, read_gmt
from darlc.results.gene_sets import GeneSet, GeneSets
from napari_darlc.session.preferences import remember, remembered


def chosen_collections() -> tuple[Path, ...]:
    """Return the files and folders that the user chose last."""
    kept = str(remembered("explorer", "collections"))
    return tuple(Path(each) for each in kept.split(os.pathsep) if each)


def choose_collections(paths: Sequence[Path]) -> None:
    """Remember files and folders of collections."""
    remember("explorer", "collections", os.pathsep.join(str(path) for path in paths))


def collection_files(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return files, and in the place of each folder the collections in it, each once."""
    files: dict[Path, None] = {}
    for path in paths:
        files |= dict.fromkeys(collections_in(path) if path.is_dir() else [path])
    return tuple(files)


def collection_name(path: Path) -> str:
    """Return the name of a collection: that of its file without the ending."""
    return re.sub(r"\.gmt(\.gz)?$", "", path.name, flags=re.IGNORECASE)


def read_collections(files: Sequence[Path]) -> dict[GeneSet, str]:
    """Return the sets of some files, each with the name of its collection.

    Raises
    ------
    InputError
        A file cannot be read, or is no GMT file.
    """
    return {
        each: collection_name(path)
        for path in files
        for each in _read(path, path.stat().st_mtime_ns if path.exists() else 0)
    }


@lru_cache(maxsize=32)
def _read(path: Path, _changed: int) -> GeneSets:
    return read_gmt(path)
