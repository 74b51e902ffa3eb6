"""Count tables (CSV or TSV, plain or gzipped) with coordinates in names or in a second file.

Row names in the style of R (a header that is one name short) and a corner cell are both read.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, cast

from darlc.data.dataset import Dataset, ReadOptions
from darlc.data.io.coordinate_file import SUFFIXES, find_beside, read_coordinates
from darlc.data.io.label_file import add_labels
from darlc.data.io.named_coordinates import parse_coordinates
from darlc.data.io.registry import Format, register
from darlc.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from anndata import AnnData
    from numpy.typing import NDArray
    from scipy import sparse

_SEPARATORS = "\t,;"
_TURNED = "The table had genes in rows and observations in columns and was turned."
_MISSING = {"", "NA", "NaN", "nan"}
#: Characters of a line that a look-up passes over, so that it ends on a file without line
#: breaks, and those that it takes apart.
_LONGEST_LOOK, _FIRST_CELLS = 4_000_000, 50_000
#: Characters of the longest line that is read: a few million observations.
_LONGEST_LINE = 50_000_000


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
    """Return whether a table of numbers has coordinates in its names, or in a file beside it.

    Other tables are not claimed: a viewer has readers of its own for them.
    """
    return _is_count_table(path) and (_has_named(path) or find_beside(path) is not None)


def accepts(path: Path) -> bool:
    """Return whether a path is named like a table; ``read`` says what keeps it from being one."""
    return path.name.lower().endswith(SUFFIXES) and path.is_file()


def _is_count_table(path: Path) -> bool:
    """Return whether the line below the header is a name and then numbers."""
    if not (path.name.lower().endswith(SUFFIXES) and path.is_file()):
        return False
    try:
        head = _head(path, _LONGEST_LOOK, _FIRST_CELLS)
    except (OSError, EOFError, zlib.error, ValueError, csv.Error):
        return False
    return len(head.first) > 1 and all(map(_is_value, head.first[1:]))


def _has_named(path: Path) -> bool:
    head = _head(path, _LONGEST_LOOK, _FIRST_CELLS)
    return bool(parse_coordinates(head.first[0]) or any(map(parse_coordinates, head.header[:2])))


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read a count table as sparse float32; (x, y) come from names or from a second file.

    Raises
    ------
    InputError
        The header does not fit the lines below it, or some observations have no coordinates.
    """
    try:
        head = _head(path, _LONGEST_LINE)
        _check_header(head, path)
        names, matrix = _read_values(path, head)
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no text in UTF-8: save it as such.") from error
    if options.spatial_key:
        second = Path(options.spatial_key)
        if not second.is_file():
            raise InputError(
                f"{path} has no {options.spatial_key!r} for --spatial-key: give the file that "
                "holds its coordinates."
            )
    elif parse_coordinates(head.first[0]) or any(map(parse_coordinates, head.columns[:2])):
        return _with_named(path, head, names, matrix)
    elif (beside := find_beside(path)) is not None:
        second = beside
    else:
        raise InputError(
            f"{path} holds no coordinates: name its rows like 16.92x9.015, or put a file of "
            "coordinates beside it."
        )
    return _with_second(path, second, head, names, matrix)


def _with_named(path: Path, head: _Head, names: list[str], matrix: sparse.csr_matrix) -> Dataset:
    import numpy as np

    genes, notes = head.columns, list[str]()
    if parse_coordinates(head.first[0]) is None:
        names, genes, matrix = genes, names, matrix.T.tocsr()
        notes.append(_TURNED)
    adata = _anndata(names, genes, matrix)
    adata.obsm["spatial"] = np.array(_coordinates(names, path), dtype=np.float64)
    notes += add_labels(adata, path)
    return Dataset(adata=adata, path=path, format="table", notes=tuple(notes))


def _with_second(
    path: Path, second: Path, head: _Head, names: list[str], matrix: sparse.csr_matrix
) -> Dataset:
    """Join counts and coordinates by name; which way the table lies, the names tell."""
    import numpy as np
    import pandas as pd

    table = read_coordinates(second)
    table = table[~table.index.duplicated()]
    genes, notes = head.columns, [f"Coordinates were taken from {second.name}."]
    down, across = (pd.Index(each).isin(table.index).sum() for each in (names, genes))
    if across > down:
        names, genes, matrix = genes, names, matrix.T.tocsr()
        notes.append(_TURNED)
    found = pd.Index(names).isin(table.index)
    if not found.any():
        raise InputError(
            f"{path} names none of its observations as {second.name} does: "
            "give both files the same names."
        )
    if not found.all():
        notes.append(f"{(~found).sum()} observations without coordinates were left out.")
    adata = _anndata(
        [name for name, here in zip(names, found, strict=True) if here], genes, matrix[found]
    )
    known: pd.DataFrame = table.reindex(adata.obs_names)
    adata.obs = known.drop(columns=["x", "y"])
    adata.obsm["spatial"] = known[["x", "y"]].to_numpy(dtype=np.float64)
    return Dataset(adata=adata, path=path, format="table", notes=tuple(notes))


def _anndata(names: list[str], genes: list[str], matrix: sparse.csr_matrix) -> AnnData:
    import anndata
    import pandas as pd

    return anndata.AnnData(
        X=matrix,
        obs=pd.DataFrame(index=pd.Index(names, dtype=str)),
        var=pd.DataFrame(index=pd.Index(genes, dtype=str)),
    )


def _open(path: Path) -> TextIO:
    with path.open("rb") as file:
        gzipped = file.read(2) == b"\x1f\x8b"
    if gzipped:
        return cast(TextIO, gzip.open(path, "rt", encoding="utf-8-sig"))
    return path.open(encoding="utf-8-sig")


def _lines(file: TextIO, path: Path) -> Iterator[str]:
    """Return the lines, none of which may take all memory, as one that is packed zeros would."""
    while line := file.readline(_LONGEST_LINE):
        if len(line) == _LONGEST_LINE:
            raise InputError(
                f"{path} has a line of more than {_LONGEST_LINE:,} characters: it is no table, so "
                "get it again."
            )
        yield line


def _head(path: Path, longest: int, used: int | None = None) -> _Head:
    """Read the first two lines; at most some characters of each, of which only some are used."""
    with _open(path) as file:
        lines = [_begin(file.readline(longest), used) for _ in range(2)]
    separator = max(_SEPARATORS, key=lines[1].count)
    header, first = (
        next(csv.reader([line.rstrip("\r\n")], delimiter=separator), []) for line in lines
    )
    return _Head(separator, header, first)


def _begin(line: str, used: int | None) -> str:
    """Return the cells that lie within the first characters of a line."""
    if used is None or len(line) <= used:
        return line
    return line[: max(0, *(line.rfind(separator, 0, used) for separator in _SEPARATORS))]


def _is_value(cell: str) -> bool:
    if cell.strip() in _MISSING:
        return True
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _check_header(head: _Head, path: Path) -> None:
    if not head.first:
        raise InputError(f"{path} holds no line below its header: get it again.")
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
        lines = csv.reader(_lines(file, path), delimiter=head.separator)
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
        description="a count table (CSV, TSV) with coordinates",
        matches=matches,
        read=read,
        heeds=frozenset({"spatial_key"}),
        accepts=accepts,
    )
)
