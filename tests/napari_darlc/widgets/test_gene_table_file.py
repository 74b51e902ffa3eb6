"""Writing tables: whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from napari.utils.notifications import Notification
from pytestqt.qtbot import QtBot

from napari_darlc.widgets.gene_table_file import export_csv, write_csv

TABLE = pd.DataFrame({"Gene": ["a", "b,c"], "x": [0.1, None]})


def test_values_come_back(tmp_path: Path) -> None:
    path = write_csv(TABLE, tmp_path / "genes.csv")
    pd.testing.assert_frame_equal(pd.read_csv(path), TABLE)
    assert [each.name for each in tmp_path.iterdir()] == ["genes.csv"]


def test_what_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_csv(TABLE, tmp_path / "genes.csv")
    before = path.read_bytes()

    def full(self: pd.DataFrame, part: Path, **options: object) -> None:
        part.write_text("half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    with pytest.raises(OSError, match="No space"):
        write_csv(TABLE, path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["genes.csv"]


def test_a_folder_that_is_not_there_is_told(
    tmp_path: Path, notifications: list[Notification], qtbot: QtBot
) -> None:
    export_csv(lambda: TABLE, tmp_path / "no" / "genes.csv")
    qtbot.waitUntil(lambda: bool(notifications), timeout=20_000)
    told = str(notifications[0].message)
    assert "could not be written" in told and "choose another folder" in told
