"""Tables of figures: shown as they grow, kept as CSV, and drawn."""

from __future__ import annotations

import csv
import importlib.metadata
import io
import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from benchmarks.quality.settings import Settings
from darlc.io.whole_files import whole

Value = str | float | int | None

_PACKAGES = (
    "napari-darlc",
    "torch",
    "torch-geometric",
    "scikit-learn",
    "scipy",
    "numpy",
    "anndata",
    "hotspotsc",
    "smoothie-st",
)


@dataclass(frozen=True)
class Plot:
    """How a table is drawn: a dot for every row.

    Parameters
    ----------
    value
        Column of the horizontal axis.
    row
        Column of the vertical axis.
    series
        Column that colours the dots.
    """

    value: str
    row: str
    series: str


class Table:
    """Rows of figures under one name.

    Parameters
    ----------
    name
        Of the files, such as ``"simulated"`` or ``"simulated_summary"``.
    columns
        In the order in which they are shown.
    folder
        Where the CSV is kept up to date with every row; None keeps none.
    plot
        How to draw it; None where a picture would say nothing more.
    quiet
        Whether to keep rows without showing them.
    """

    #: The table whose row was shown last.
    _last: ClassVar[Table | None] = None

    def __init__(
        self,
        name: str,
        columns: Sequence[str],
        folder: Path | None = None,
        plot: Plot | None = None,
        quiet: bool = False,
    ) -> None:
        self.name = name
        self.columns = tuple(columns)
        self.folder = folder
        self.plot = plot
        self.quiet = quiet
        self.rows: list[dict[str, Value]] = []

    def append(self, row: Mapping[str, Value | np.generic]) -> None:
        """Add a row, show it, and bring the CSV up to date; columns it lacks stay empty.

        Raises
        ------
        KeyError
            The row has a column that the table has not.
        """
        if unknown := set(row) - set(self.columns):
            raise KeyError(f"table '{self.name}' has no column {', '.join(sorted(unknown))}")
        if not self.quiet and Table._last is not self:
            # Also where another table was shown in between: rows belong under their own head.
            print(f"\n{self.name}\n\n{self._head()}")
            Table._last = self
        self.rows.append({name: _plain(value) for name, value in row.items()})
        if not self.quiet:
            print(self._line(self.rows[-1]), flush=True)
        if self.folder is not None:
            self.write(self.folder)

    def values(self, column: str, **where: Value) -> list[Value]:
        """Return a column's values in the rows that hold what ``where`` asks for."""
        return [
            row.get(column)
            for row in self.rows
            if all(row.get(name) == value for name, value in where.items())
        ]

    def numbers(self, column: str, **where: Value) -> list[float]:
        """Return a column's numbers in the rows that hold what ``where`` asks for."""
        found = self.values(column, **where)
        return [float(value) for value in found if isinstance(value, int | float)]

    def markdown(self) -> str:
        """Return the whole table as Markdown."""
        return "\n".join([self._head(), *(self._line(row) for row in self.rows)])

    def write(self, folder: Path) -> Path:
        """Write ``<name>.csv`` into a folder, at once or not at all."""
        text = io.StringIO()
        writer = csv.DictWriter(text, self.columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        return write_whole(folder / f"{self.name}.csv", text.getvalue().encode())

    def draw(self, folder: Path) -> Path | None:
        """Draw ``<name>.png`` into a folder; None where there is nothing to draw it with or of."""
        if self.plot is None:
            return None
        try:
            from matplotlib.figure import Figure
        except ImportError:
            return None
        plot = self.plot
        rows = [row for row in self.rows if _is_number(row.get(plot.value))]
        if not rows:
            return None
        names = list(dict.fromkeys(str(row.get(plot.row)) for row in rows))
        series = list(dict.fromkeys(str(row.get(plot.series)) for row in rows))
        figure = Figure(figsize=(10.0, 1.2 + 0.32 * len(names)), layout="constrained")
        axes = figure.subplots()
        for one in series:
            own = [row for row in rows if str(row.get(plot.series)) == one]
            axes.plot(
                np.array([row[plot.value] for row in own], dtype=np.float64),
                [names.index(str(row.get(plot.row))) for row in own],
                "o",
                label=one,
                alpha=0.8,
            )
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        axes.set_xlabel(plot.value)
        axes.grid(axis="x", alpha=0.3)
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize="small")
        picture = io.BytesIO()
        figure.savefig(picture, format="png", dpi=120)
        return write_whole(folder / f"{self.name}.png", picture.getvalue())

    def _head(self) -> str:
        return "| " + " | ".join(self.columns) + " |\n|" + " --- |" * len(self.columns)

    def _line(self, row: Mapping[str, Value]) -> str:
        return "| " + " | ".join(_shown(row.get(name)) for name in self.columns) + " |"


def heading(settings: Settings) -> str:
    """Return what the tables were made with: versions, machine, and which seeds."""
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    seeds = "tuning seeds" if settings.tuning else "reporting seeds"
    extent = "subset" if settings.subset else "whole"
    return (
        f"{versions}; Python {platform.python_version()} on {platform.machine()}.\n"
        f"{seeds}, {extent}, preset {settings.preset}."
    )


def version(package: str) -> str:
    """Return a package's version, ``"missing"`` where it is not installed."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "missing"


def write_whole(path: Path, content: bytes) -> Path:
    """Write a file so that nobody ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole(path) as temporary:
        temporary.write_bytes(content)
    return path


def _plain(value: Value | np.generic) -> Value:
    return value.item() if isinstance(value, np.generic) else value


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _shown(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        if not math.isfinite(value):
            return "–"
        return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"
    return str(value).replace("|", "\\|")
