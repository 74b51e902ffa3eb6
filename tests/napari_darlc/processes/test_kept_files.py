"""A kept file is worked on by one window at a time; what nobody works on is offered."""

from __future__ import annotations

import os
from pathlib import Path

from napari_darlc.processes.kept_files import reserve, unclaimed


def test_a_reserved_file_is_nobody_elses(tmp_path: Path) -> None:
    one, other = (reserve(tmp_path / "new", "a tissue/1", ".h5ad") for _ in range(2))
    assert one is not None and other is not None and one.path != other.path
    assert one.name == "a_tissue_1" and one.path.suffix == ".h5ad"
    for kept in (one, other):
        kept.path.touch()
    assert not list(unclaimed(tmp_path / "new", "*.h5ad"))
    one.release()
    assert [kept.path for kept in unclaimed(tmp_path / "new", "*.h5ad")] == [one.path]
    other.remove()
    assert not other.path.exists()


def test_what_is_unclaimed_is_offered_newest_first_and_once(tmp_path: Path) -> None:
    for age, name in enumerate(["new-1.training", "old-1.training", ".hidden-1.training", "x.h5"]):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    found = list(unclaimed(tmp_path, "*.training"))
    assert [kept.path.name for kept in found] == ["new-1.training", "old-1.training"]
    assert not list(unclaimed(tmp_path, "*.training"))
    found[1].release()
    assert [kept.path for kept in unclaimed(tmp_path, "*.training")] == [found[1].path]


def test_a_folder_that_cannot_be_made_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert reserve(tmp_path / "file", "tissue", ".h5ad") is None
    assert not list(unclaimed(tmp_path / "file", "*.h5ad"))
