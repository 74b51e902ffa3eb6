"""The saved state of a session's result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from darlc.results.result import Result


@dataclass(frozen=True, eq=False)
class Saved:
    """A result in a file.

    Parameters
    ----------
    result
        The result when it was written or read.
    path
        The file; None where it is not known.
    when
        Time of writing; None where it was read.
    """

    result: Result
    path: Path | None = None
    when: datetime | None = None

    def holds(self, result: Result) -> bool:
        """Return whether the file holds this result, with these edits, pins and sets."""
        mine = self.result
        return (
            mine.membership is result.membership
            and mine.edited is result.edited
            and mine.pinned == result.pinned
            and mine.gene_sets == result.gene_sets
        )
