"""What holds for every test: empty preferences, a screen for windows, real data where they are."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

#: Real datasets. They are not part of the project, so a clone alone does not have them.
REAL_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"

_preferences = pytest.StashKey[TemporaryDirectory[str]]()


def pytest_configure(config: pytest.Config) -> None:
    # Before napari reads its settings, and also for the processes that tests start.
    config.stash[_preferences] = folder = TemporaryDirectory(prefix="napari-darlc-tests-")
    os.environ["NAPARI_CONFIG"] = str(Path(folder.name) / "settings.yaml")
    # Figures are drawn without a window, whatever screen there is.
    os.environ["MPLBACKEND"] = "agg"
    # A shell that runs the tests in the background has Ctrl+C ignored; some tests press it.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[_preferences].cleanup()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # By markers, before any fixture is set up: napari's window fixture fails in its teardown where
    # another fixture of the test skipped.
    no_data = pytest.mark.skip(reason=f"needs the real datasets in {REAL_DATA}")
    no_screen = pytest.mark.skip(reason="needs a screen: scripts/virtual_screen.sh gives one")
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "real_data" in fixtures:
            item.add_marker(pytest.mark.real_data)
        if item.get_closest_marker("real_data") and not REAL_DATA.is_dir():
            item.add_marker(no_data)
        # Without a screen Qt would end the whole run.
        if "qapp" in fixtures and not _has_screen():
            item.add_marker(no_screen)


def _has_screen() -> bool:
    screens = ("DISPLAY", "WAYLAND_DISPLAY")
    return sys.platform != "linux" or any(os.environ.get(name) for name in screens)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real datasets; tests that ask for it are skipped where it is missing."""
    return REAL_DATA


@pytest.fixture
def forget_formats(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Forget after a test which formats it registered, and look for installed ones again."""
    from darlc.io.installed_formats import installed_formats

    monkeypatch.setattr("darlc.io.registry.REGISTERED", {})
    installed_formats.cache_clear()
    yield
    installed_formats.cache_clear()
