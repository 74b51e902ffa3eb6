"""Count tables (CSV or TSV, plain or gzipped) whose row names are coordinates.

Row names in the style of R (a header that is one name short) and a corner cell are both read.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, cast

from darlc.data.dataset import Dataset
from darlc.data.io.named_coordinates import parse_coordinates
from darlc.data.io.registry import Format, register
from darlc.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy import sparse

_SUFFIXES = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
_SEPARATORS = "\t,;"
_MISSING = {"", "NA", "NaN", "nan"}
#: Characters of a line that a look-up reads, so that it ends on a file without line breaks.
_LONGEST_LOOK = 10_000_000


@dataclass(frozen=True)
class _Head:
    """The first two lines of a table."""

    separator: str
    header: list[str]
    first: list[str]

    @property
    def columns(self) -> list[str]:
        """Names of the columns of values."""
        return self.header if len(self.header) == len(self.first) - 1 else self.header[1:]


def matches(path: Path) -> bool:
    """Return whether row names, or column names, of a table of numbers are coordinates.

    Other tables are not claimed: a viewer has readers of its own for them.
    """
    if not (path.name.lower().endswith(_SUFFIXES) and path.is_file()):
        return False
    try:
        head = _head(path, _LONGEST_LOOK)
    except (OSError, EOFError, zlib.error, ValueError, csv.Error):
        return False
    if len(head.first) < 2:
        return False
    named = parse_coordinates(head.first[0]) or any(map(parse_coordinates, head.header[:2]))
    return bool(named) and all(map(_is_value, head.first[1:]))


def read(path: Path) -> Dataset:
    """Read a count table as sparse float32; (x, y) come from the names of the observations.

    Raises
    ------
    InputError
        The header does not fit the lines below it, or some names are no coordinates.
    """
    import anndata
    import numpy as np
    import pandas as pd

    head = _head(path)
    _check_header(head, path)
    names, matrix = _read_values(path, head)
    genes, notes = head.columns, tuple[str, ...]()
    if parse_coordinates(head.first[0]) is None:
        names, genes, matrix = genes, names, matrix.T.tocsr()
        notes = ("The table had genes in rows and observations in columns and was turned.",)
    adata = anndata.AnnData(
        X=matrix,
        obs=pd.DataFrame(index=pd.Index(names, dtype=str)),
        var=pd.DataFrame(index=pd.Index(genes, dtype=str)),
        obsm={"spatial": np.array(_coordinates(names, path), dtype=np.float64)},
    )
    return Dataset(adata=adata, path=path, format="table", notes=notes)


def _open(path: Path) -> TextIO:
    with path.open("rb") as file:
        gzipped = file.read(2) == b"\x1f\x8b"
    if gzipped:
        return cast(TextIO, gzip.open(path, "rt", encoding="utf-8-sig"))
    return path.open(encoding="utf-8-sig")


def _head(path: Path, longest: int = -1) -> _Head:
    with _open(path) as file:
        lines = [file.readline(longest), file.readline(longest)]
    separator = max(_SEPARATORS, key=lines[1].count)
    header, first = (
        next(csv.reader([line.rstrip("\r\n")], delimiter=separator), []) for line in lines
    )
    return _Head(separator, header, first)


def _is_value(cell: str) -> bool:
    if cell.strip() in _MISSING:
        return True
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _check_header(head: _Head, path: Path) -> None:
    names, cells = len(head.header), len(head.first)
    if names not in (cells - 1, cells):
        raise InputError(
            f"{path} has {names} names in its header and {cells} cells in the line below it: "
            "give every column one name."
        )
    if parse_coordinates(head.first[0]) and parse_coordinates(head.header[0]):
        raise InputError(f"{path} has no header: put the names of the genes into its first line.")


def _read_values(path: Path, head: _Head) -> tuple[list[str], sparse.csr_matrix]:
    """Read the row names and the cells, line by line: most cells are zero.

    As fast as pandas on tables this wide, small in memory, and it can name the cell at fault.
    """
    from scipy import sparse

    names: list[str] = []
    rows = []
    with _open(path) as file:
        lines = csv.reader(file, delimiter=head.separator)
        next(lines)
        for cells in lines:
            if not cells:
                continue
            if len(cells) != len(head.first):
                raise InputError(
                    f"{path} has {len(cells)} cells in line {lines.line_num} and "
                    f"{len(head.first)} before it: it is cut short or damaged, so get it again."
                )
            names.append(cells[0])
            rows.append(sparse.csr_matrix(_numbers(cells, head.columns, path)))
    return names, sparse.vstack(rows, format="csr")


def _numbers(cells: list[str], columns: list[str], path: Path) -> NDArray[np.float32]:
    """Return the values of a line, (1, columns); a missing one is NaN, for the checks to count."""
    import numpy as np

    try:
        return np.array([cells[1:]], dtype=np.float32)
    except ValueError:
        pass
    for cell, column in zip(cells[1:], columns, strict=True):
        if not _is_value(cell):
            raise InputError(
                f"{path} holds {cell!r} in row {cells[0]}, column {column}, where a number should "
                "stand: remove what is no count."
            )
    values = [np.nan if cell.strip() in _MISSING else float(cell) for cell in cells[1:]]
    return np.array([values], dtype=np.float32)


def _coordinates(names: list[str], path: Path) -> list[tuple[float, float]]:
    parsed = [parse_coordinates(name) for name in names]
    strangers = [name for name, found in zip(names, parsed, strict=True) if found is None]
    if strangers:
        raise InputError(
            f"{path} names {len(strangers)} of {len(names)} observations without coordinates "
            f"(such as {strangers[0]!r}): name all of them like 16.92x9.015 or remove them."
        )
    return [found for found in parsed if found is not None]


register(
    Format(
        name="table",
        description="a CSV or TSV count table whose row names are coordinates like 16.92x9.015",
        matches=matches,
        read=read,
    )
)
