"""Sentences on what could not be read name the real cause."""

from __future__ import annotations

import gzip
import importlib
import json
import struct
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from darlc.errors import InputError
from darlc.io.guards.boundary import DamagedError, reading


def unzip(path: Path) -> None:
    path.write_bytes(gzip.compress(b"text" * 100)[:20])
    with gzip.open(path) as file:
        file.read()


def unpack(path: Path) -> None:
    struct.unpack("<Q", b"123")


def decode(path: Path) -> None:
    b"\xff\xfe\xff".decode("utf-8")


def load_json(path: Path) -> None:
    json.loads("{cut")


def load_hdf5(path: Path) -> None:
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    h5py.File(path)


def load_array(path: Path) -> None:
    path.write_bytes(b"\x93NUMPY\x01\x00v\x00{cut")
    np.load(path)


def parse(path: Path) -> None:
    path.write_text("a,b\n1,2\n1,2,3,4\n")
    pd.read_csv(path)


def guard(path: Path) -> None:
    raise DamagedError("a heap of text is overwritten with zeros")


@pytest.mark.parametrize(
    "read", [unzip, unpack, decode, load_json, load_hdf5, load_array, parse, guard]
)
def test_what_cannot_be_decoded_is_damaged(tmp_path: Path, read) -> None:
    says = r"^\S+ could not be read \(.*\): it is damaged"
    with pytest.raises(InputError, match=says) as caught, reading(tmp_path / "file"):
        read(tmp_path / "file")
    assert caught.value.__cause__ is not None
    assert "\n" not in str(caught.value)


def text_column(path: Path) -> None:
    pd.DataFrame({"x": ["a", "b"]})["x"].to_numpy().astype(float)


def attribute(path: Path) -> None:
    True.get("scalefactors")  # type: ignore[attr-defined]


def repeated(path: Path) -> None:
    pd.DataFrame({"x": [1, 2]}, index=["a", "a"]).reindex(["a", "b"])


def ours(path: Path) -> None:
    raise ValueError("a transformation of the kind 'mapIndex' is not known")


def future(path: Path) -> None:
    from anndata._io.specs.registry import IORegistryError

    raise IORegistryError("no read method for what a newer version writes")


@pytest.mark.parametrize("read", [text_column, attribute, repeated, ours, future])
def test_an_intact_file_is_not_called_damaged(tmp_path: Path, read) -> None:
    with pytest.raises(InputError) as caught, reading(tmp_path / "file"):
        read(tmp_path / "file")
    text = str(caught.value)
    assert "damaged" not in text and "fresh copy" not in text
    assert "holds something that darlc cannot read" in text


def test_other_causes_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="needs a package that is not"), reading(tmp_path):
        importlib.import_module("not_there")
    with pytest.raises(InputError, match="does not fit into this machine"), reading(tmp_path):
        raise MemoryError
