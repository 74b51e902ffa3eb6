"""A study in a window: several sections, one of which is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from darlc.io.study.folder import section_files
from darlc.results.study import StudyResult


@dataclass(frozen=True, eq=False)
class OpenStudy:
    """A study, and the section of it that the session shows.

    Parameters
    ----------
    result
        What the sections share, and where genes change.
    folder
        Where the files of the sections are.
    section
        Name of the section that is shown.
    noted
        Names of the sections whose notes were shown; the same set for all of them.
    """

    result: StudyResult
    folder: Path
    section: str
    noted: set[str] = field(default_factory=set)

    def path(self, section: str) -> Path:
        """Return the result file of a section."""
        names = self.result.section_names
        return self.folder / section_files(names)[names.index(section)]
