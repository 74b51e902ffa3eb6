from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality import __main__ as command
from benchmarks.quality.methods import configure
from benchmarks.quality.settings import Settings, Unavailable
from benchmarks.quality.tables import Plot, Table, heading, write_whole
from benchmarks.quality.tissues import REPORTING, SUBSET, TUNING, Tissue


def test_a_table_is_shown_and_kept_as_it_grows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = Table("some", ("name", "value", "note"), tmp_path)
    table.append({"name": "first", "value": np.float64(0.25)})
    with (tmp_path / "some.csv").open() as file:
        assert list(csv.DictReader(file)) == [{"name": "first", "value": "0.25", "note": ""}]
    table.append({"name": "second", "note": "not here"})
    assert table.numbers("value") == [0.25]
    assert table.values("note", name="second") == ["not here"]
    said = capsys.readouterr().out
    assert said.count("| name | value | note |") == 1
    assert table.markdown() in said
    with pytest.raises(KeyError, match="no column other"):
        table.append({"other": 1})
    assert [path.name for path in tmp_path.iterdir()] == ["some.csv"], "no half-written files"


def test_rows_stand_under_the_head_of_their_table(capsys: pytest.CaptureFixture[str]) -> None:
    one, other = Table("one", ("a",)), Table("other", ("b",))
    for table, row in ((one, {"a": 1}), (other, {"b": 2}), (other, {"b": 3}), (one, {"a": 4})):
        table.append(row)
    lines = [line for line in capsys.readouterr().out.splitlines() if line and "---" not in line]
    assert lines == [
        "one",
        "| a |",
        "| 1 |",
        "other",
        "| b |",
        "| 2 |",
        "| 3 |",
        "one",
        "| a |",
        "| 4 |",
    ]


def test_a_quiet_table_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("some", ("name",), quiet=True)
    table.append({"name": "first"})
    assert not capsys.readouterr().out


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    path = write_whole(tmp_path / "new" / "a.csv", b"old")
    with pytest.raises(TypeError):
        write_whole(path, "not bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert [one.name for one in path.parent.iterdir()] == ["a.csv"]


def test_a_plot_is_drawn_of_the_rows_with_numbers(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    table = Table("some", ("value", "dataset", "method"), plot=Plot("value", "dataset", "method"))
    assert table.draw(tmp_path) is None
    table.append({"dataset": "a", "method": "b"})
    assert table.draw(tmp_path) is None
    table.append({"dataset": "a", "method": "b", "value": 0.5})
    path = table.draw(tmp_path)
    assert path is not None and path.read_bytes().startswith(b"\x89PNG")


def test_the_heading_tells_versions_and_seeds() -> None:
    text = heading(Settings(tuning=True))
    assert "numpy " + np.__version__ in text
    assert "tuning seeds" in text
    assert "reporting seeds" in heading(Settings())


def test_tasks_are_checked(capsys: pytest.CaptureFixture[str]) -> None:
    tasks, settings = command.parse(["--tasks", "splitting, simulated", "--tuning", "--out", "x"])
    assert tasks == ["splitting", "simulated"]
    assert settings.tuning and not settings.subset and settings.out == Path("x")
    assert command.parse([])[0] == list(command.TASKS)
    assert command.parse(["--subset"])[0] == list(command.QUICK)
    assert set(command.QUICK) < set(command.TASKS)
    with pytest.raises(SystemExit):
        command.parse(["--tasks", "cooking"])
    assert "there is no task 'cooking'" in capsys.readouterr().err


def test_a_task_leaves_its_page_and_its_tables(tmp_path: Path) -> None:
    shown, quiet = Table("a", ("value",)), Table("b", ("value",), quiet=True)
    shown.append({"value": 1})
    quiet.append({"value": 2})
    command.finish("some", [shown, quiet], Settings(out=tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == {"some.md", "a.csv", "b.csv"}
    page = (tmp_path / "some.md").read_text()
    assert "## a" in page and "## b" not in page


def test_tissues_for_tuning_are_not_reported() -> None:
    assert len(REPORTING) == 12 and len(TUNING) == 6
    assert min(tissue.seed for tissue in REPORTING) >= 200
    assert max(tissue.seed for tissue in TUNING) < 100
    assert set(SUBSET) < set(REPORTING)
    names = [tissue.name for tissue in (*REPORTING, *TUNING)]
    seeds = [tissue.seed for tissue in (*REPORTING, *TUNING)]
    assert len(set(names)) == len(names) and len(set(seeds)) == len(seeds)


def test_a_tissue_is_made_as_it_says(tmp_path: Path) -> None:
    adata = Tissue("small", 3, 40, 4, 50.0, (("unpatterned", 0.25),)).make(tmp_path)
    assert adata.n_vars == 40
    assert (adata.var["pattern"] == "none").sum() == 10
    with pytest.raises(Unavailable, match=r"mob\.h5ad is not in"):
        Tissue("real", 3, 40, 4, 50.0, like="mob").make(tmp_path)


def test_changes_reach_parts_of_the_preset() -> None:
    config = configure("quick", None, 3, 50, {"train": {"kl": 0.0}, "count_weight": 0.5})
    assert (config.clusters, config.seed, config.genes) == ("auto", 3, 50)
    assert config.train.kl == 0.0
    assert config.train.joint_epochs == 4, "the rest of the part is still the preset's"
    assert config.count_weight == 0.5
