"""What holds for every test: preferences that are empty, and a screen where a window is opened."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

_preferences = pytest.StashKey[TemporaryDirectory[str]]()


def pytest_configure(config: pytest.Config) -> None:
    # Before napari reads its settings, and also for the processes that tests start.
    config.stash[_preferences] = folder = TemporaryDirectory(prefix="napari-darlc-tests-")
    os.environ["NAPARI_CONFIG"] = str(Path(folder.name) / "settings.yaml")


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[_preferences].cleanup()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return
    # Qt would end the whole run.
    no_screen = pytest.mark.skip(reason="needs a screen: scripts/virtual_screen.sh gives one")
    for item in items:
        if "qapp" in getattr(item, "fixturenames", ()):
            item.add_marker(no_screen)
