"""Progress of training: stage, steps, time left and the device in use."""

from __future__ import annotations

import math

from qtpy.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from darlc.events import STAGES, Event, Failed, Finished, Progress, Started
from napari_darlc.session.session import Session
from napari_darlc.widgets.common.following import follow
from napari_darlc.widgets.common.style import ACCENT, note
from napari_darlc.widgets.train.stages import StageLine


class StepBar(QProgressBar):
    """A bar that is painted with the rest of its window.

    Left to itself, Qt paints the window, canvas and all, before it goes on from a new value.
    """

    def show_step(self, step: int, total: int, words: str = "") -> None:
        """Show a step of so many, and words; with 0 of 0 the bar is busy for an unknown time."""
        self.setUpdatesEnabled(False)
        self.setRange(0, total)
        self.setValue(step)
        self.setFormat(words)
        self.setUpdatesEnabled(True)


class TrainingProgress(QWidget):
    """Follows the events of a session.

    Parameters
    ----------
    session
        Whose training is shown.
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._device = ""
        self._failed = False
        self.stages = StageLine()
        self.bar = StepBar()
        self.bar.setToolTip("Steps of the current stage")
        self.bar.setStyleSheet(f"QProgressBar::chunk {{ background-color: {ACCENT}; }}")
        self.time_left = QLabel()
        self.time_left.setToolTip("Estimate for the whole run")
        self.status = note()
        self.status.setToolTip("What is going on, and on which device")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.stages)
        layout.addWidget(self.bar)
        said = QHBoxLayout()
        said.addWidget(self.status, 1)
        said.addWidget(self.time_left)
        layout.addLayout(said)
        follow(
            self,
            (session.event_received, self._on_event),
            (session.state_changed, self._on_state),
            (session.dataset_changed, self._on_dataset),
            (session.result_changed, self._on_result),
            (session.clusters_changed, self._on_result),
        )
        self._on_result()

    def _on_event(self, event: Event) -> None:
        if isinstance(event, Started):
            self._device = event.device
            self.status.setText(f"Training {len(event.genes):,} genes on {event.device}")
        elif isinstance(event, Progress):
            self.stages.show_stage(event.stage)
            words = f"{event.stage} {event.step} of {event.total}"
            self.bar.show_step(event.step, max(event.total, 1), words)
            self.time_left.setText(time_left_text(event.seconds_left))
        elif isinstance(event, Finished):
            self._on_result()
        elif isinstance(event, Failed):
            self._rest(f"Training ended: {event.message}")
            self._failed = True

    def _on_state(self, state: str) -> None:
        if state == "starting":
            self._failed = False
            self.stages.show_stage(STAGES[0])
            self.bar.show_step(0, 0)
            self.status.setText("Starting …")
            self.time_left.clear()
        elif state == "stopping":
            self.status.setText("Stopping: what is learned so far is being kept …")
            self.time_left.clear()
        elif state == "ready":
            self._on_result()

    def _on_dataset(self) -> None:
        self._failed = False
        self._on_result()

    def _on_result(self) -> None:
        if self._failed or self._session.running:
            return
        result = self._session.result
        if result is None:
            there = self._session.images is not None
            self._rest("Press Train to find genes that share a pattern." if there else "")
            return
        self._rest("")
        ended = f"stopped after {result.stage}" if result.stopped else "trained"
        self.status.setText(
            f"{result.n_genes:,} genes in {result.cluster_summary}, {ended} on {result.device}"
        )
        self.bar.show_step(1, 1)
        if result.stopped and result.stage in STAGES:
            done = STAGES.index(result.stage)
            self.stages.show_stage(STAGES[min(done + 1, len(STAGES) - 1)])
        else:
            self.stages.show_finished()

    def _rest(self, sentence: str) -> None:
        self.stages.show_stage(None)
        self.bar.show_step(0, 1)
        self.time_left.clear()
        self.status.setText(sentence)


def time_left_text(seconds: float) -> str:
    """Return the time left as text; empty where it is not known."""
    if not math.isfinite(seconds):
        return ""
    if seconds < 10:
        return "a few seconds left"
    if seconds < 90:
        return f"about {math.ceil(seconds / 10) * 10} s left"
    if seconds < 5400:
        return f"about {math.ceil(seconds / 60)} min left"
    return f"about {seconds / 3600:.1f} h left"
