"""A file is written whole or not at all, and only where it may be."""

from __future__ import annotations

import os
import shutil
import signal

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData, read_h5ad, read_zarr
from scipy import sparse

from darlc.errors import InputError
from darlc.io import store
from darlc.io.blocks import Blocks
from darlc.io.store import check_target, write

SUFFIXES = pytest.mark.parametrize("suffix", [".h5ad", ".zarr"])


@pytest.fixture
def adata():
    return AnnData(np.ones((3, 2), dtype=np.float32))


def read(path):
    return read_zarr(path) if path.suffix == ".zarr" else read_h5ad(path)


def names(folder):
    return [path.name for path in folder.iterdir()]


@SUFFIXES
def test_an_existing_file_is_replaced(tmp_path, adata, suffix):
    path = tmp_path / f"a{suffix}"
    write(adata, path)
    adata.X = adata.X * 7
    assert write(adata, path) == path
    np.testing.assert_array_equal(read(path).X, 7)
    assert names(tmp_path) == [path.name]


@SUFFIXES
@pytest.mark.parametrize("error", [OSError("No space left on device"), KeyboardInterrupt()])
def test_failure_leaves_nothing_and_keeps_what_was_there(
    tmp_path, adata, suffix, error, monkeypatch
):
    path = tmp_path / f"a{suffix}"
    write(adata, path)

    def break_off(adata, path):
        if suffix == ".zarr":
            path.mkdir()
            (path / "half").write_text("half")
        else:
            path.write_text("half")
        raise error

    monkeypatch.setitem(store.WRITERS, suffix, (break_off, None))
    expected = InputError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        write(adata, path)
    assert names(tmp_path) == [path.name]
    np.testing.assert_array_equal(read(path).X, 1)


@SUFFIXES
def test_an_interruption_while_writing_counts(tmp_path, adata, suffix, monkeypatch):
    path = tmp_path / f"a{suffix}"
    write(adata, path)
    real, fill = store.WRITERS[suffix]

    def interrupted(adata, path):
        signal.raise_signal(signal.SIGINT)
        real(adata, path)

    monkeypatch.setitem(store.WRITERS, suffix, (interrupted, fill))
    adata.X = adata.X * 7
    with pytest.raises(KeyboardInterrupt, match=f"{path.name} was finished first"):
        write(adata, path)
    assert names(tmp_path) == [path.name]
    # What was learned may have taken hours, and is whole before the interruption counts.
    np.testing.assert_array_equal(read(path).X, 7)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_disk_that_is_too_full_is_noticed_before_writing(tmp_path, adata, monkeypatch):
    adata.layers["counts"] = sparse.csr_matrix(np.eye(3, 2, dtype=np.float32))
    adata.uns["deep"] = {"pixels": np.zeros(3_000_000, dtype=np.uint8)}
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=3_900_000))
    with pytest.raises(InputError, match="may need 4 MB, but only 4 MB are free"):
        write(adata, tmp_path / "a.h5ad")
    assert not names(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=4_100_000))
    write(adata, tmp_path / "a.h5ad")


def test_the_words_of_the_system_are_passed_on(tmp_path, adata, monkeypatch):
    def full(adata, path):
        raise OSError("Can't write (file write failed: errno = 28, error message = 'No space')")

    monkeypatch.setitem(store.WRITERS, ".h5ad", (full, None))
    with pytest.raises(InputError, match=r"written \(No space\): free some space"):
        write(adata, tmp_path / "a.h5ad")


def test_a_store_that_cannot_be_moved_into_place_leaves_the_old_one(tmp_path, adata, monkeypatch):
    path = tmp_path / "a.zarr"
    write(adata, path)
    rename = type(path).rename

    def refuse(self, target):
        if ".part" in self.name:
            raise OSError("in use")
        return rename(self, target)

    monkeypatch.setattr(type(path), "rename", refuse)
    with pytest.raises(InputError, match="in use"):
        write(adata, path)
    assert names(tmp_path) == ["a.zarr"]
    np.testing.assert_array_equal(read(path).X, 1)


def test_what_anndata_still_refuses_is_said_in_one_line(tmp_path, adata, monkeypatch):
    def refuse(adata, path):
        raise TypeError("No method registered\nfor this")

    monkeypatch.setitem(store.WRITERS, ".h5ad", (refuse, None))
    with pytest.raises(InputError, match="could not be written") as caught:
        write(adata, tmp_path / "a.h5ad")
    assert "\n" not in str(caught.value)
    assert not names(tmp_path)


@SUFFIXES
def test_a_layer_is_written_block_by_block(tmp_path, adata, suffix):
    whole = np.arange(3 * 700, dtype=np.float32).reshape(3, 700)
    whole[1, ::7] = np.nan
    asked = []

    def make(start, stop):
        asked.append(stop - start)
        return whole[:, start:stop]

    wide = AnnData(np.ones((3, 700), dtype=np.float32), layers={"made": np.zeros((3, 700))})
    path = write(wide, tmp_path / f"a{suffix}", {"made": Blocks(whole.shape, make)})
    found = read(path)
    np.testing.assert_array_equal(found.layers["made"], whole)
    assert found.layers["made"].dtype == np.float32
    assert sum(asked) == 700 and max(asked) <= 512 and len(asked) > 1
    assert names(tmp_path) == [path.name] and (wide.layers["made"] == 0).all()


@SUFFIXES
def test_a_layer_that_cannot_be_made_leaves_the_old_file(tmp_path, adata, suffix):
    path = write(adata, tmp_path / f"a{suffix}")

    def make(start, stop):
        raise MemoryError

    with pytest.raises(MemoryError):
        write(adata, path, {"made": Blocks(adata.shape, make)})
    assert names(tmp_path) == [path.name]
    assert "made" not in read(path).layers


def test_text_keeps_its_kind_where_files_can_hold_it(tmp_path, adata):
    adata.obs["plain"] = np.array(["x", "x", "y"], dtype=object)
    adata.obs["gaps"] = pd.array(["x", None, "y"], dtype="string")
    adata.obs["new"] = pd.array(["x", "x", "y"], dtype="string")
    before = adata.obs.copy()
    again = read_h5ad(write(adata, tmp_path / "a.h5ad")).obs
    pd.testing.assert_frame_equal(adata.obs, before)
    assert list(again["plain"]) == list(again["new"]) == ["x", "x", "y"]
    assert again["plain"].dtype == again["new"].dtype == object
    assert list(again["gaps"].isna()) == [False, True, False]


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="needs symbolic links")
@SUFFIXES
def test_a_link_goes_on_pointing_at_its_file(tmp_path, adata, suffix):
    real, link = tmp_path / f"real{suffix}", tmp_path / f"link{suffix}"
    write(adata, real)
    link.symlink_to(real)
    adata.X = adata.X * 7
    write(adata, link)
    assert link.is_symlink()
    np.testing.assert_array_equal(read(real).X, 7)


def test_targets_that_are_refused(tmp_path, adata):
    def refuse(path, words, source=None):
        with pytest.raises(InputError, match=words) as caught:
            check_target(path, source)
        assert "\n" not in str(caught.value)

    there = write(adata, tmp_path / "there.h5ad")
    refuse(tmp_path / "a.csv", r"must end in .h5ad or .zarr")
    refuse(tmp_path / "none" / "a.h5ad", "does not exist")
    refuse(there, "is the input", source=there)
    refuse(tmp_path / "x" / ".." / "there.h5ad", "does not exist|is the input", source=there)
    os.link(there, tmp_path / "second.h5ad")
    refuse(tmp_path / "second.h5ad", "is the input", source=there)
    (tmp_path / "a.h5ad").mkdir()
    refuse(tmp_path / "a.h5ad", "is a folder")
    (tmp_path / "a.zarr").write_text("text")
    refuse(tmp_path / "a.zarr", "is a file")
    (tmp_path / "photos.zarr").mkdir()
    (tmp_path / "photos.zarr" / "photo").write_text("precious")
    refuse(tmp_path / "photos.zarr", "holds something else")
    check_target(tmp_path / "new.h5ad", there)
    check_target(tmp_path / "NEW.H5AD")
