"""Errors that a user may see: each message says what was wrong and what to do."""

from __future__ import annotations

from typing import Self


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
        self.stage, self._message = stage, message
        super().__init__(f"stage '{stage}': {message}")

    def __reduce__(self) -> tuple[type[Self], tuple[str, str]]:
        """Return how to build it again, where a worker raises it."""
        return type(self), (self.stage, self._message)
