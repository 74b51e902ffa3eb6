"""The demo that a new user runs first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import darlc
from napari_darlc.demo import demonstration


@pytest.mark.slow
def test_the_demo_leaves_pictures_and_a_result(tmp_path: Path, qapp: object) -> None:
    folder = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-m", "napari_darlc.demo", "--headless", str(folder)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    names = ["1-before.png", "2-during.png", "3-after.png", "result.h5ad"]
    assert sorted(path.name for path in folder.iterdir()) == names
    assert all(str(folder / name) in done.stdout for name in names)
    result = darlc.load(folder / "result.h5ad")
    assert result.stage == "assign" and result.adata is not None
    assert "pattern" in result.adata.var


def test_a_demo_that_cannot_write_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert demonstration.main(["--headless", str(tmp_path / "file")]) == 1
    said = capsys.readouterr().err
    assert "cannot be written to" in said and said.count("\n") == 1
