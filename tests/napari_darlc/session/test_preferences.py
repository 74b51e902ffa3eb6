from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from napari_darlc.session.preferences import remember, remembered


def test_a_preference_is_there_again_after_a_restart(tmp_path: Path) -> None:
    def start(code: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", f"from napari_darlc.session.preferences import *; {code}"],
            env={**os.environ, "NAPARI_CONFIG": str(tmp_path / "settings.yaml")},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()

    assert start("print(remembered('training', 'preset'))") == "standard"
    start("remember('training', 'preset', 'quick')")
    assert start("print(remembered('training', 'preset'))") == "quick"


def test_what_the_rules_do_not_allow_is_refused() -> None:
    with pytest.raises(ValidationError):
        remember("training", "preset", "heroic")
    with pytest.raises(ValidationError):
        remember("explorer", "thumbnail_size", 4000)
    assert remembered("training", "preset") == "standard"


_EXPLORE = """
import sys
from pathlib import Path
import napari
from npe2 import PluginManager, PluginManifest
from qtpy.QtCore import QTimer
import napari_darlc
from darlc.data.dataset import Dataset
from darlc.simulation.tissue import simulate
from napari_darlc.opening import loading
from napari_darlc.session.preferences import remember, remembered
from napari_darlc.saving.unsaved_results import recovery_folder
from napari_darlc.viewer_session import session_of

manager = PluginManager.instance()
if "napari-darlc" not in manager:
    manager.register(
        PluginManifest.from_file(Path(napari_darlc.__file__).with_name("napari.yaml"))
    )
from napari_darlc.widgets.explorer import PAGES, Explorer
viewer = napari.Viewer(show=True)
explorer = Explorer(viewer)
viewer.window.add_dock_widget(explorer)
opened = loading.prepare(Dataset(simulate(genes=20, clusters=3, seed=0), Path("tissue")))
session_of(viewer).open(opened.dataset, opened.images)
for page in PAGES:
    explorer.open(page.name)
remember("explorer", "tab", "Table")
print(remembered("explorer", "tab"), recovery_folder())
# As a user ends: Qt destroys widgets in order, which it does not where Python just ends.
QTimer.singleShot(0, viewer.close)
napari.run()
"""


def test_without_settings_of_napari_all_works_and_nothing_is_remembered(
    qapp: object, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _EXPLORE],
        env={
            **os.environ,
            "NAPARI_CONFIG": "",
            "XDG_DATA_HOME": str(tmp_path),
            "HOME": str(tmp_path),
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    tab, folder = done.stdout.strip().splitlines()[-1].split(" ", 1)
    assert tab == "Table"
    assert Path(folder).name == "napari-darlc-recovery" and Path(folder).is_absolute()
    assert not list(tmp_path.rglob("*.yaml")), "nothing is remembered where nothing is to be kept"
