"""Tables as text: separators, headers and row names of many programs."""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, cast

from darlc.errors import InputError
from darlc.io.guards.boundary import reading
from darlc.io.tables.axis_names import is_identifier

if TYPE_CHECKING:
    import pandas as pd

#: In order of preference: with a semicolon, commas are decimal points.
_SEPARATORS = "\t;,"
_MISSING = frozenset({"", "na", "nan", "n/a", "null", "none"})
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?inf", re.IGNORECASE | re.ASCII)
_GENES = re.compile(r"(gene|feature|symbol|ensembl|probe)s?[\W_]*(id|ids|name|names|symbol)?", re.I)
#: Most lines of comments before a table.
_MOST_NOTES = 200
#: Characters of the longest line that is read: a few million observations.
LONGEST_LINE = 50_000_000


@dataclass(frozen=True)
class Head:
    """The first lines of a table.

    Parameters
    ----------
    separator
        Between cells; a space stands for any white space.
    names
        Names of all columns, ``""`` for the one that R leaves without a name; None where the first
        line is data.
    first
        Cells of the first line of data.
    skipped
        Lines before it.
    """

    separator: str
    names: list[str] | None
    first: list[str]
    skipped: int

    def split(self, lines: Iterator[str]) -> Iterator[list[str]]:
        """Return the cells of lines."""
        return _split(lines, self.separator)

    def is_value(self, cell: str) -> bool:
        """Return whether a cell is a number or a missing value."""
        return is_missing(cell) or _is_number(cell, self.separator)


def is_missing(cell: str) -> bool:
    """Return whether a cell is a missing value."""
    return cell.strip().casefold() in _MISSING


def as_number(cell: str) -> float:
    """Return the number of a cell, also with a decimal comma; NaN where it is missing."""
    return float("nan") if is_missing(cell) else float(cell.replace(",", "."))


def open_text(path: Path) -> TextIO:
    """Open a text file, plain or gzipped."""
    with path.open("rb") as file:
        gzipped = file.read(2) == b"\x1f\x8b"
    if gzipped:
        return cast(TextIO, gzip.open(path, "rt", encoding="utf-8-sig"))
    return path.open(encoding="utf-8-sig")


def read_head(path: Path, longest: int = LONGEST_LINE, used: int | None = None) -> Head:
    """Read the first lines.

    Parameters
    ----------
    path
        A text file, plain or gzipped.
    longest
        Most characters of a line that are read.
    used
        How many of them are split into cells; None for all.
    """
    notes: list[str] = []
    with open_text(path) as file:
        lines: list[str] = []
        while len(lines) < 2 and (line := file.readline(longest)):
            if not lines and line.startswith("#") and len(notes) < _MOST_NOTES:
                notes.append(line)
            elif line.strip() or not lines:
                lines.append(_begin(line, used))
    skipped = len(notes)
    if notes and lines:
        separator = _separator(lines[0])
        cells, above = (len(_cells(each, separator)) for each in (lines[0], notes[-1]))
        # The header may begin with such a mark, too.
        if above > 1 and above in (cells, cells - 1):
            lines, skipped = [_begin(notes[-1].lstrip("# "), used), lines[0]], skipped - 1
    lines += [""] * (2 - len(lines))
    separator = _separator(lines[1] or lines[0])
    header, first = (_cells(line, separator) for line in lines[:2])
    if _is_data(header, first, separator):
        return Head(separator, None, header, skipped)
    if len(header) == len(first) - 1:
        header = ["", *header]
    return Head(separator, header, first, skipped + 1)


def read_text_table(path: Path) -> pd.DataFrame:
    """Read a whole table as text.

    Returns
    -------
    DataFrame
        Columns have the names of the header; without one, numbers.

    Raises
    ------
    InputError
        The file is damaged, or holds no table.
    """
    import pandas as pd

    with reading(path):
        head = read_head(path)
        if len(head.first) < 2:
            raise InputError(f"{path} holds no table: give a file with columns.")
        width = len(head.first)
        if head.names is not None and len(head.names) != width:
            raise InputError(
                f"{path} has {len(head.names)} names in its header and {width} cells in the line "
                "below it: give every column one name."
            )
        table = pd.read_csv(
            path,
            sep=r"\s+" if head.separator == " " else head.separator,
            header=None,
            names=range(width),
            index_col=False,
            skiprows=head.skipped,
            dtype=str,
            keep_default_na=False,
            encoding="utf-8-sig",
            compression="gzip" if _is_gzipped(path) else None,
        ).fillna("")
        if head.separator == ";":
            decimal = re.compile(r"^([+-]?\d*),(\d+)$")
            table = table.apply(lambda column: column.str.replace(decimal, r"\1.\2", regex=True))
        if head.names is not None:
            table.columns = pd.Index([name.strip() for name in head.names])
        return table


def numbers_rows(cells: Sequence[str]) -> bool:
    """Return whether cells are row numbers from 0 or 1, as of pandas and R."""
    return any(all(cell == str(i + start) for i, cell in enumerate(cells)) for start in (0, 1))


def _is_gzipped(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _begin(line: str, used: int | None) -> str:
    """Return the cells within the first characters of a line."""
    if used is None or len(line) <= used:
        return line
    return line[: max(0, *(line.rfind(separator, 0, used) for separator in (*_SEPARATORS, " ")))]


def _separator(line: str) -> str:
    found = max(_SEPARATORS, key=line.count)
    return found if line.count(found) else " "


def _cells(line: str, separator: str) -> list[str]:
    return next(_split(iter([line]), separator), [])


def _split(lines: Iterator[str], separator: str) -> Iterator[list[str]]:
    if separator == " ":
        stripped = (line.strip().replace("\t", " ") for line in lines)
        return csv.reader(stripped, delimiter=" ", skipinitialspace=True)
    return csv.reader((line.rstrip("\r\n") for line in lines), delimiter=separator)


def _is_number(cell: str, separator: str) -> bool:
    cell = cell.strip()
    if separator == ";":
        cell = cell.replace(",", ".", 1)
    return _NUMBER.fullmatch(cell) is not None


def _is_data(header: list[str], first: list[str], separator: str) -> bool:
    """Return whether the first line is data instead of a header."""
    if not first:
        return any(_is_number(cell, separator) for cell in header)
    if not header or len(header) != len(first):
        return False
    values = [i for i, cell in enumerate(first) if _is_number(cell, separator)]
    if not values or not all(_is_number(header[i], separator) for i in values):
        return False
    own = [header[i].strip() for i in values]
    if len(values) == len(first):
        return not numbers_rows(own)
    text = next(i for i in range(len(first)) if i not in values)
    corner = header[text].strip()
    if not corner:
        return False
    if _shape(corner) == _shape(first[text]):
        return True
    # Numbers may be names of columns if the cell above the row names is not one.
    called = is_identifier(corner) or _GENES.fullmatch(corner) is not None
    distinct = len(set(own)) == len(own) and all(cell.isdigit() for cell in own)
    return not (numbers_rows(own) or (called and distinct))


def _shape(name: str) -> str:
    """Return the pattern of a name: ``cell#``, ``@-#`` for a barcode."""
    return re.sub(r"\d+", "#", re.sub(r"[ACGTN]{8,}", "@", name.strip()))
