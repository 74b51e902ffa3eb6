"""Errors that a user may see: each message says what was wrong and what to do."""

from __future__ import annotations


class DarlcError(Exception):
    """Base of every error that darlc raises on purpose; its text is shown to the user."""


class InputError(DarlcError, ValueError):
    """The data or an option cannot be used: the message says what is wrong and what to do."""


class TrainingError(DarlcError, RuntimeError):
    """Training cannot continue, such as after a value that is not finite.

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
