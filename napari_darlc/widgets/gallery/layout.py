"""Where the gallery's cells and heads lie: arithmetic alone, at once for any number of genes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from qtpy.QtCore import QPoint, QRect, QSize


@dataclass(frozen=True)
class Part:
    """Cells that wrap under one head.

    Parameters
    ----------
    count
        Number of cells.
    headed
        Whether there is a head above them.
    """

    count: int
    headed: bool


class GalleryLayout:
    """Cells of one size in columns, parted by heads as wide as all columns.

    Parameters
    ----------
    parts
        From the top.
    cell
        Size of a cell.
    columns
        Cells side by side.
    head
        Height of a head.
    """

    def __init__(self, parts: Sequence[Part], cell: QSize, columns: int, head: int) -> None:
        self.cell, self.columns = cell, columns
        counts = np.array([part.count for part in parts], dtype=np.int64)
        heads = np.array([head if part.headed else 0 for part in parts], dtype=np.int64)
        lines = -(-counts // columns)
        ends = np.cumsum(heads + lines * cell.height())
        # Of each part: top of its head, top of its first line, number of lines above it.
        self._tops = ends - lines * cell.height()
        self._heads = self._tops - heads
        self._lines = np.concatenate([[0], np.cumsum(lines)])
        self._first = np.cumsum(counts) - counts
        self._counts = counts
        self.n_cells = int(counts.sum())
        self.height = int(ends[-1]) if len(parts) else 0

    def part_of(self, row: int) -> int:
        """Return the part of a cell."""
        return int(np.searchsorted(self._first, row, side="right")) - 1

    def rect(self, row: int) -> QRect:
        """Return the place of a cell."""
        part = self.part_of(row)
        line, column = divmod(row - int(self._first[part]), self.columns)
        top = int(self._tops[part]) + line * self.cell.height()
        return QRect(QPoint(column * self.cell.width(), top), self.cell)

    def head_rect(self, part: int) -> QRect:
        """Return the place of a head; empty where there is none."""
        top, end = int(self._heads[part]), int(self._tops[part])
        return QRect(0, top, self.columns * self.cell.width(), end - top)

    def row_at(self, x: int, y: int) -> int:
        """Return the cell at a point; -1 where there is none."""
        column = x // self.cell.width()
        part = int(np.searchsorted(self._tops, y, side="right")) - 1
        if part < 0 or not 0 <= column < self.columns:
            return -1
        line = (y - int(self._tops[part])) // self.cell.height()
        within = line * self.columns + column
        return int(self._first[part]) + within if within < self._counts[part] else -1

    def rows_between(self, top: int, bottom: int) -> range:
        """Return the cells of which something lies between two heights."""
        if not self.n_cells:
            return range(0)
        return range(self._count_above(top, whole=True), self._count_above(bottom, whole=False))

    def parts_between(self, top: int, bottom: int) -> range:
        """Return the parts of which something, or the head, lies between two heights."""
        first = int(np.searchsorted(self._heads, top, side="right")) - 1
        return range(max(first, 0), int(np.searchsorted(self._heads, bottom, side="left")))

    def below(self, row: int, lines: int) -> int:
        """Return the cell some lines below another (above, if negative), about in its column."""
        part = self.part_of(row)
        line, column = divmod(row - int(self._first[part]), self.columns)
        wanted = int(np.clip(self._lines[part] + line + lines, 0, self._lines[-1] - 1))
        part = int(np.searchsorted(self._lines, wanted, side="right")) - 1
        within = (wanted - int(self._lines[part])) * self.columns + column
        return int(self._first[part]) + min(within, int(self._counts[part]) - 1)

    def _count_above(self, y: int, whole: bool) -> int:
        """Return how many cells begin above a height, or, if whole, end there."""
        part = int(np.searchsorted(self._tops, y, side="right")) - 1
        if part < 0:
            return 0
        inside = y - int(self._tops[part])
        lines = inside // self.cell.height()
        if not whole:
            lines += 1
        return int(self._first[part]) + min(lines * self.columns, int(self._counts[part]))
