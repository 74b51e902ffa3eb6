"""What a run of the benchmark is asked for, and what a task says that it cannot have."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from darlc.config import Preset

#: Where the real data are looked for, next to the repository.
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


class Unavailable(Exception):
    """A dataset or a package is not here; its sentence becomes a row of the table."""


@dataclass(frozen=True)
class Settings:
    """What to measure and where.

    Parameters
    ----------
    tuning
        Take the tissues and genes that settings may be tuned on, not the reported ones.
    subset
        Take the few datasets that a quick look needs.
    data
        Folder of the real data.
    out
        Folder that tables and figures are written to.
    preset
        Preset of our fits.
    shelf
        Folder that answers are kept in, for a run that is interrupted; None keeps none.
    """

    tuning: bool = False
    subset: bool = False
    data: Path = DATA
    out: Path = Path("quality-out")
    preset: Preset = "standard"
    shelf: Path | None = None
