"""Find the columns of counts in a table, and read them line by line as sparse values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from darlc.errors import InputError
from darlc.io.tables.axis_names import Axes, all_axes, find_axes, is_axis, is_identifier
from darlc.io.tables.named_coordinates import parse_coordinates
from darlc.io.tables.text_table import LONGEST_LINE, Head, as_number, open_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy import sparse

_NAMING = re.compile(
    r"(cell|spot|bead|bin|object|obs|observation)s?([\W_]*(id|ids|label|name|names))?"
    r"|(bead[\W_]?)?barcodes?|bc|ids?|names?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Columns:
    """Content of the columns of a table.

    Parameters
    ----------
    names
        Position of the column of row names; None where there is none.
    counts
        Positions of the columns of counts.
    kept
        Positions of the others: coordinates, sections and other metadata of the rows.
    axes
        Which of the others are x and y; None where none are.
    """

    names: int | None
    counts: tuple[int, ...]
    kept: tuple[int, ...]
    axes: Axes | None = None


@dataclass(frozen=True, eq=False)
class CountTable:
    """A table that was read.

    Parameters
    ----------
    names
        Of the rows.
    columns
        Of the columns of counts.
    matrix
        (rows, columns) float32.
    kept
        Cells of the other columns, by name.
    lines
        Rows with names of coordinates, by name: x and y of the columns.
    """

    names: list[str]
    columns: list[str]
    matrix: sparse.csr_matrix
    kept: dict[str, list[str]]
    lines: dict[str, NDArray[np.float64]]


def sort_columns(head: Head, chosen: str = "") -> Columns:
    """Separate columns of counts from other columns, by the header and the first line.

    A column of coordinates is never one of counts, whether it is used or not.

    Parameters
    ----------
    head
        With a header.
    chosen
        Two columns that the user chose as coordinates, separated by a comma.
    """
    names = [name.strip() for name in head.names or []]
    axes = _chosen_axes(names, chosen) or _named_axes(head, names)
    last = len(names) - 1
    if axes is None:
        first, end = 1, last
        while first < last and (
            is_identifier(names[first]) or not head.is_value(head.first[first])
        ):
            first += 1
        while end > first and not head.is_value(head.first[end]):
            end -= 1
        facts = (*range(1, first), *range(end + 1, last + 1))
        return Columns(0, tuple(range(first, end + 1)), facts)

    own = sorted([names.index(str(axes.x)), names.index(str(axes.y))])
    plain = [
        i
        for i, name in enumerate(names)
        if not (is_axis(name) or is_identifier(name) or i in own) and head.is_value(head.first[i])
    ]
    # Genes are on one side of the coordinates; a few numbers on the other side are metadata.
    before, behind = [i for i in plain if i < own[0]], [i for i in plain if i > own[1]]
    counts = tuple(behind if len(behind) > len(before) else before)
    if 4 * min(len(before), len(behind)) > len(counts):
        counts = tuple(plain)
    aside = [i for i in range(len(names)) if i not in counts]
    naming = [i for i in aside if _NAMING.fullmatch(names[i])]
    others = [i for i in aside if i == 0 and i not in own and not is_axis(names[i])]
    column = next(iter([*naming, *others]), None)
    return Columns(column, counts, tuple(i for i in aside if i != column), axes)


def _chosen_axes(names: list[str], chosen: str) -> Axes | None:
    pair = [name.strip() for name in chosen.split(",")]
    if len(pair) != 2 or not set(pair) <= set(names):
        return None
    return find_axes(pair) or Axes(x=pair[0], y=pair[1])


def _named_axes(head: Head, names: list[str]) -> Axes | None:
    numeric = [
        name
        for name, cell in zip(names, head.first, strict=False)
        if head.is_value(cell) and names.count(name) == 1
    ]
    return next(iter(all_axes(numeric)), None)


def read_count_table(path: Path, head: Head, columns: Columns) -> CountTable:
    """Read the cells line by line.

    On wide tables it is as fast as pandas, with less memory, and its errors can name the cell.

    Raises
    ------
    InputError
        A line is longer or shorter than the others, or a cell is not a number.
    """
    from scipy import sparse

    every = [name.strip() for name in head.names or []]
    called = [every[i] for i in columns.counts]
    take = itemgetter(*columns.counts) if len(columns.counts) > 1 else None
    one = columns.counts[0]
    names: list[str] = []
    rows = []
    kept: dict[int, list[str]] = {i: [] for i in columns.kept}
    lines: dict[str, NDArray[np.float64]] = {}
    with open_text(path) as file:
        for _ in range(head.skipped):
            file.readline()
        for number, cells in enumerate(head.split(_lines(file, path)), head.skipped + 1):
            if not cells:
                continue
            if len(cells) != len(head.first):
                raise InputError(
                    f"{path} has {len(cells)} cells in line {number} and "
                    f"{len(head.first)} before it: it is cut short or damaged, so get it again."
                )
            name = str(len(names)) if columns.names is None else cells[columns.names]
            values = list(take(cells)) if take else [cells[one]]
            names.append(name)
            rows.append(sparse.csr_matrix(_numbers(values, name, called, path, head)))
            if len(name) < 60 and is_axis(name):
                lines[name] = _as_numbers(values)
            for i, own in kept.items():
                own.append(cells[i].strip())
    by_name = {every[i]: own for i, own in kept.items()}
    return CountTable(names, called, sparse.vstack(rows, format="csr"), by_name, lines)


def _lines(file: TextIO, path: Path) -> Iterator[str]:
    """Yield the lines; raises on one that is too long, such as of compressed zeros."""
    while line := file.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise InputError(
                f"{path} has a line of more than {LONGEST_LINE:,} characters: it is no table, so "
                "get it again."
            )
        yield line


def _numbers(
    cells: list[str], row: str, columns: list[str], path: Path, head: Head
) -> NDArray[np.float32]:
    """Return the values of a line, (1, columns); missing ones are NaN, for later checks."""
    import numpy as np

    try:
        return np.array([cells], dtype=np.float32)
    except ValueError:
        pass
    for cell, column in zip(cells, columns, strict=True):
        if not head.is_value(cell):
            raise InputError(
                f"{path} holds {cell!r} in row {row}, column {column}, where a number is "
                "expected: remove what is not a count."
            )
    return np.array([[as_number(cell) for cell in cells]], dtype=np.float32)


def _as_numbers(cells: list[str]) -> NDArray[np.float64]:
    import numpy as np

    return np.array([as_number(cell) for cell in cells], dtype=np.float64)


def names_coordinates(names: list[str]) -> bool:
    """Return whether the first names of observations are coordinates."""
    return any(map(parse_coordinates, names[:2]))
