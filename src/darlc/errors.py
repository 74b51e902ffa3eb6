"""The errors that a user may meet, each one a sentence that says what to do."""

from __future__ import annotations


class DarlcError(Exception):
    """Base of every error that darlc raises on purpose; its text is shown to the user."""


class InputError(DarlcError, ValueError):
    """The data or an option is not usable: what was wrong, where, and what to do."""


class TrainingError(DarlcError, RuntimeError):
    """Training met a value that it cannot go on from.

    Parameters
    ----------
    stage
        Name of the stage that was running.
    message
        What happened there.
    """

    def __init__(self, stage: str, message: str) -> None:
        self.stage = stage
        super().__init__(f"stage '{stage}': {message}")
