"""What surrounds the work of a command: the target is checked, and progress is shown."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from darlc.cli.terminal import Display
    from darlc.events import Event


@contextmanager
def working(
    source: Path | None, out: Path | None = None, endings: tuple[str, ...] = ()
) -> Iterator[Display]:
    """Check the target before any work, keep standard output clean, and show progress.

    Parameters
    ----------
    source
        The input, which is never written to.
    out
        What will be written; None where nothing is.
    endings
        Of which its name has one; by default those of AnnData files.

    Raises
    ------
    InputError
        It cannot be written there.
    """
    from darlc.cli.terminal import make_display

    if out is not None:
        from darlc.io.store import check_place, check_target

        if endings:
            check_place(out, endings, source)
        else:
            check_target(out, source)
    # Libraries that print must not mix with the one JSON object on standard output.
    with redirect_stdout(sys.stderr), make_display() as display:
        yield display


def follow(display: Display) -> Callable[[Event], None]:
    """Return what shows the progress that events tell: of stages and, in a study, of all of it."""
    from darlc.events import AtSection, Estimated, Progress
    from darlc.wording import needs

    section = ""

    def on_event(event: Event) -> None:
        nonlocal section
        if isinstance(event, AtSection):
            section = event.name
            display.step("study", event.part, event.parts)
        elif isinstance(event, Estimated):
            display.say(needs(event.memory, event.seconds))
        elif isinstance(event, Progress):
            display.step(event.stage, event.step, event.total, event.seconds_left, section)

    return on_event
