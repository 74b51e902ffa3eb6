"""Whatever the order of trainings in two windows: no training is lost, and none is left over."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from darlc.images.sgep_images import SGEPImages
from napari_darlc.processes.kept_trainings import KeptTrainings

IMAGES = cast(SGEPImages, SimpleNamespace(fingerprint=32 * "ab"))
WINDOW = st.sampled_from([0, 1])


class TwoWindows(RuleBasedStateMachine):
    """Two windows on the same data, and what should be on the disk."""

    @initialize()
    def open_windows(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.windows = [KeptTrainings(self.folder) for _ in range(2)]
        self.running: list[Path | None] = [None, None]
        self.replaced: list[Path | None] = [None, None]
        self.ended: list[set[Path]] = [set(), set()]
        self.interrupted: set[Path] = set()

    @rule(window=WINDOW, resume=st.booleans())
    def train(self, window: int, resume: bool) -> None:
        if self.running[window] is not None:
            return
        offered = self.windows[window].interrupted(IMAGES)
        assert (offered is None) == (not self.interrupted)
        path = (self.windows[window].resume if resume else self.windows[window].begin)(IMAGES)
        assert (path == offered) if resume else (path is not None and path != offered)
        if offered is not None:
            assert offered in self.interrupted
            self.interrupted.remove(offered)
            self.replaced[window] = None if resume else offered
        if path is not None:
            path.touch()
        self.running[window] = path

    @rule(window=WINDOW)
    def die(self, window: int) -> None:
        self.windows[window].leave()
        self.interrupted |= self._take(window)

    @rule(window=WINDOW)
    def cancel(self, window: int) -> None:
        self.windows[window].forget()
        gone = self.running[window]
        self.interrupted |= self._take(window) - {gone}  # type: ignore[arg-type]

    @rule(window=WINDOW)
    def finish(self, window: int) -> None:
        self.windows[window].end()
        self.ended[window] |= self._take(window)

    @rule(window=WINDOW)
    def save(self, window: int) -> None:
        self.windows[window].settle()
        self.ended[window].clear()

    @invariant()
    def what_is_kept_is_on_the_disk_and_nothing_else(self) -> None:
        held = {path for path in (*self.running, *self.replaced) if path is not None}
        expected = held | self.ended[0] | self.ended[1] | self.interrupted
        assert set(self.folder.glob("*.training")) == expected
        locks = {Path(f"{path}.lock") for path in expected - self.interrupted}
        assert set(self.folder.iterdir()) == expected | locks

    def _take(self, window: int) -> set[Path]:
        found = {self.running[window], self.replaced[window]} - {None}
        self.running[window] = self.replaced[window] = None
        return found  # type: ignore[return-value]


TestTwoWindows = TwoWindows.TestCase
TestTwoWindows.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)


def test_without_a_folder_nothing_is_kept() -> None:
    window = KeptTrainings(None)
    assert window.begin(IMAGES) is None and window.resume(IMAGES) is None
    assert window.interrupted(IMAGES) is None
    window.end()
    window.settle()
