"""The house rules that no linter sees: what an import brings along, and the size of modules."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = {"darlc": ROOT / "src" / "darlc", "napari_darlc": ROOT / "napari_darlc"}
#: Of an engine's process, of a viewer's process.
WINDOWS = {"PyQt5", "PyQt6", "PySide2", "PySide6", "magicgui", "napari", "qtpy", "superqt", "vispy"}
TENSORS = {"lightning_fabric", "torch", "torch_geometric"}
MOST_LINES = 450


def modules(package: str) -> list[str]:
    """Return the names of all modules of a package."""
    folder = FOLDERS[package]
    names = []
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder.parent).with_suffix("").parts
        if parts[-1] != "__main__":
            names.append(".".join(parts).removesuffix(".__init__"))
    return names


def brought_along(names: list[str]) -> set[str]:
    """Import modules in a fresh process; return all top-level modules that are there then."""
    code = (
        "import importlib, json, sys\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_engine_brings_no_window() -> None:
    names = modules("darlc")
    assert "darlc.learn.mixture" in names
    loaded = brought_along(names)
    assert "torch" in loaded, "not every module was imported"
    assert not loaded & (WINDOWS | {"napari_darlc"})


def test_the_viewers_process_brings_no_tensors() -> None:
    names = modules("napari_darlc")
    assert "napari_darlc.widgets.training_dock" in names
    loaded = brought_along(names)
    assert "napari" in loaded, "not every module was imported"
    assert not loaded & TENSORS


def test_the_lower_floors_bring_no_tensors() -> None:
    names = [
        name for name in modules("darlc") if name.split(".")[1:2] in ([], ["data"], ["explore"])
    ]
    assert "darlc.data.images" in names
    assert not brought_along(names) & TENSORS


@pytest.mark.parametrize("package", FOLDERS)
def test_modules_are_small(package: str) -> None:
    large = {
        str(path.relative_to(ROOT)): lines
        for path in FOLDERS[package].rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert not large, f"split what does more than one job: {large}"
