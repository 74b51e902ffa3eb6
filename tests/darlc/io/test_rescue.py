"""A result that cannot be written where it was to be is kept elsewhere."""

from __future__ import annotations

import re
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from darlc.errors import InputError
from darlc.io import rescue
from darlc.io.rescue import save_or_rescue
from darlc.io.result_file import load, save


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """Return the folder that commands run in."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def kept(caught) -> Path:
    return Path(re.search(r"is kept in (\S+\.(h5ad|zarr))", str(caught.value))[1])


def test_notes_are_handed_on(result, tmp_path):
    result.adata.obs["a/b"] = 1
    notes: list[str] = ["first"]
    save_or_rescue(result, tmp_path / "r.h5ad", False, notes)
    assert notes[0] == "first" and "obs['a/b'] as 'a_b'" in notes[1]
    assert notes[1] in load(tmp_path / "r.h5ad").notes


@pytest.mark.parametrize("suffix", [".h5ad", ".zarr"])
def test_a_folder_that_is_gone(result, tmp_path, home, suffix, assert_same_result):
    with pytest.raises(InputError, match=r"does not exist.* The result is kept in ") as caught:
        save_or_rescue(result, tmp_path / "gone" / f"r{suffix}", False, [])
    assert kept(caught) == home / f"r_rescued{suffix}"
    again = load(kept(caught))
    assert again.adata.X.nnz == result.adata.X.nnz
    assert_same_result(again, result)


def test_what_is_there_already_is_left_alone(result, tmp_path, home):
    (home / "r_rescued.h5ad").write_text("precious")
    with pytest.raises(InputError) as caught:
        save_or_rescue(result, tmp_path / "gone" / "r.h5ad", False, [])
    assert kept(caught).name == "r_rescued_2.h5ad"
    assert (home / "r_rescued.h5ad").read_text() == "precious"


def test_where_there_is_room_for_little_the_learned_part_is_kept(
    result, tmp_path, home, monkeypatch
):
    result.adata.layers["large"] = np.zeros(result.adata.shape)
    result.adata.uns["larger"] = np.zeros(3_000_000, dtype=np.uint8)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=2_500_000))
    with pytest.raises(InputError, match=r"MB are free.* What was learned is kept") as caught:
        save_or_rescue(result, tmp_path / "r.h5ad", False, [])
    again = load(kept(caught))
    np.testing.assert_array_equal(again.membership, result.membership)
    monkeypatch.undo()
    joined = again.with_data(result.adata).save(tmp_path / "joined.h5ad", on_note=lambda _: None)
    assert load(joined).adata.X.nnz == result.adata.X.nnz


def test_an_error_that_nobody_foresaw(result, tmp_path, home, monkeypatch):
    def fail(result, path, *rest):
        if path.parent == tmp_path:
            raise RuntimeError("a surprise")
        return save(result, path, *rest)

    monkeypatch.setattr(rescue, "save", fail)
    with pytest.raises(InputError, match=r"RuntimeError: a surprise\)\. The result is kept"):
        save_or_rescue(result, tmp_path / "r.h5ad", False, [])


def test_ctrl_c_while_saving_does_not_lose_it(result, tmp_path, monkeypatch):
    def pressed(result, path, *rest):
        signal.raise_signal(signal.SIGINT)
        return save(result, path, *rest)

    monkeypatch.setattr(rescue, "save", pressed)
    with pytest.raises(KeyboardInterrupt, match=r"r\.h5ad was completed first"):
        save_or_rescue(replace(result, stage="assign"), tmp_path / "r.h5ad", False, [])
    assert load(tmp_path / "r.h5ad").stage == "assign"
