"""Progress of long work, on standard error: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from rich.progress import TaskID

#: Fewest seconds between two plain lines about the same stage.
_BETWEEN_LINES = 10.0


class Display(Protocol):
    """Shows progress; a context manager."""

    def __enter__(self) -> Self:
        """Start the display."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Restore the terminal."""
        ...

    def say(self, sentence: str) -> None:
        """Show a sentence about the work."""
        ...

    def step(
        self,
        stage: str,
        step: int,
        total: int,
        seconds_left: float = float("nan"),
        section: str = "",
    ) -> None:
        """Show that ``step`` of ``total`` steps of a stage are done, perhaps of one section."""
        ...


def make_display() -> Display:
    """Return bars if standard error is a terminal, else plain lines."""
    return Bars() if sys.stderr.isatty() else Lines()


class Bars:
    """One bar for each stage."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._progress = Progress(
            TextColumn("{task.description:<10}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]}", markup=False),
            console=Console(stderr=True),
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def say(self, sentence: str) -> None:
        """Write the sentence above the bars."""
        self._progress.console.print(sentence, highlight=False)

    def step(
        self,
        stage: str,
        step: int,
        total: int,
        seconds_left: float = float("nan"),
        section: str = "",
    ) -> None:
        """Move the stage's bar, and create it first where there is none; it names the section."""
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(stage, total=total, left="")
        left = "" if step >= total else _left(seconds_left)
        self._progress.update(
            self._tasks[stage],
            completed=step,
            total=total,
            left=" ".join(each for each in (section, left) if each),
        )


class Lines:
    """A line when a stage begins and ends, and at intervals in between.

    Parameters
    ----------
    clock
        Returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stage = ""
        self._told = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass

    def say(self, sentence: str) -> None:
        """Write the sentence."""
        print(sentence, file=sys.stderr, flush=True)

    def step(
        self,
        stage: str,
        step: int,
        total: int,
        seconds_left: float = float("nan"),
        section: str = "",
    ) -> None:
        """Write a line where one is due."""
        now = self._clock()
        stage = f"{section}, {stage}" if section else stage
        if stage == self._stage and step < total and now - self._told < _BETWEEN_LINES:
            return
        self._stage, self._told = stage, now
        left = "" if step >= total else _left(seconds_left)
        print(
            f"{stage}: {step} of {total}{', ' if left else ''}{left}", file=sys.stderr, flush=True
        )


def _left(seconds: float) -> str:
    """Return the time left as text; empty where it is not known."""
    if seconds != seconds or seconds == float("inf"):
        return ""
    if seconds < 90:
        return f"about {max(round(seconds), 1)} s left"
    return f"about {round(seconds / 60)} min left"
