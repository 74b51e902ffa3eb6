"""Stereo-seq expression as text (GEM): one line for every gene and spot of the chip, or cell."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from darlc.data.dataset import Dataset, ReadOptions
from darlc.data.keys import READING
from darlc.errors import InputError
from darlc.io.choice import pick
from darlc.io.guards.boundary import reading

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from anndata import AnnData
    from numpy.typing import NDArray

_SUFFIX = re.compile(r".*\.(gem|txt|tsv|csv)(\.gz)?", re.IGNORECASE)
#: Names of the columns, lower case.
_GENES, _NAMES = ("geneid", "gene", "genes"), ("genename",)
_COUNTS = ("midcount", "midcounts", "umicount", "umicounts")
#: Used only where the file's name is that of a GEM: other tables have such columns too.
_OTHER_COUNTS = ("count", "counts", "values", "umi")
_CELLS = ("cellid", "cell_id", "cell", "label")
#: Bytes that hold the lines before the data, and lines that are read at once.
_PEEK, LINES = 16_384, 2_000_000
#: Values of missing numbers. A gene may be called NA.
_MISSING = ["", "nan", "NaN", "NA"]
_BIN = 50
#: Sizes of bins, and the number of bins below which a smaller size is chosen.
_BINS, _FEWEST = (50, 20, 10, 5, 2, 1), 20
_LARGEST_BIN = 10_000
#: Nanometres between spots, by how the name of a chip begins; all others have 500.
_PITCH = {
    **dict.fromkeys(("CL1", "N1", "S1"), 900),
    **dict.fromkeys(("V3", "K2", "S2", "F3", "DP84", "U", "V", "W", "X"), 715),
    **dict.fromkeys(("F1", "V1"), 800),
    **dict.fromkeys(("E1", "DP40", "G1"), 700),
    "DP8": 850,
    "FP1": 600,
}
_USUAL_PITCH = 500


@dataclass(frozen=True)
class _Head:
    """What the first lines hold.

    Parameters
    ----------
    skipped
        Lines before the names of the columns.
    separator
        Between columns.
    columns
        Names in the file, by content: gene, x, y, count; name and cell if any.
    facts
        Content of lines that begin with ``#``, names in lower case.
    """

    skipped: int
    separator: str
    columns: dict[str, str]
    facts: dict[str, str]


def is_gem(path: Path) -> bool:
    """Return whether the first lines of a file are those of a GEM."""
    return _SUFFIX.fullmatch(path.name) is not None and _head(path) is not None


def read_gem(path: Path, options: ReadOptions) -> Dataset:
    """Read cells where the lines name them, else bins; the file is read in parts.

    ``obsm["spatial"]`` holds (x, y) in spots of the chip.

    Raises
    ------
    InputError
        The file is damaged, or cannot be pooled to bins of the requested size.
    """
    head = _head(path)
    if head is None:
        raise InputError(f"{path} has no columns geneID, x, y and MIDCount: get a fresh copy.")
    chip = head.facts.get("stereo-seqchip", "")
    pitch = next(
        (_PITCH[each] for each in sorted(_PITCH, key=len, reverse=True) if chip.startswith(each)),
        _USUAL_PITCH,
    )
    with reading(path):
        if "cell" in head.columns and options.bin_size is None:
            adata, notes = _read_cells(path, head)
        else:
            adata, notes = _read_bins(path, head, options.bin_size, pitch)
    adata.uns[READING] = {"microns": pitch / 1000}
    return Dataset(adata, path, "stereoseq", tuple(notes))


def _head(path: Path) -> _Head | None:
    """Read the first lines; None where they are not those of a GEM."""
    try:
        with path.open("rb") as file:
            start = file.read(_PEEK)
        if start.startswith(b"\x1f\x8b"):
            start = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(start, _PEEK)
        lines = start.decode("utf-8-sig", errors="replace").splitlines()
    except (OSError, zlib.error):
        return None
    facts: dict[str, str] = {}
    for number, line in enumerate(lines):
        if line.startswith("#"):
            name, _, value = line.lstrip("#").partition("=")
            facts[name.strip().lower()] = value.strip()
        elif line.strip():
            separator = next((each for each in "\t," if each in line), " ")
            columns = _columns(line.strip().split(separator), ".gem" in path.name.lower())
            return None if columns is None else _Head(number, separator, columns, facts)
    return None


def _columns(names: list[str], called_gem: bool) -> dict[str, str] | None:
    """Return columns by content; None where one that a GEM has is missing."""
    spelt = {name.strip('"').lower(): name.strip('"') for name in reversed(names)}
    wanted = {
        "gene": (*_GENES, *_NAMES),
        "x": ("x",),
        "y": ("y",),
        "count": (*_COUNTS, *(_OTHER_COUNTS if called_gem else ())),
        "name": _NAMES,
        "cell": _CELLS,
    }
    found = {
        what: next(spelt[name] for name in names if name in spelt)
        for what, names in wanted.items()
        if set(names) & set(spelt)
    }
    if found.get("name") == found.get("gene"):
        found.pop("name", None)
    return found if {"gene", "x", "y", "count"} <= set(found) else None


def _parts(path: Path, head: _Head, wanted: tuple[str, ...]) -> Iterator[pd.DataFrame]:
    """Yield parts of the lines, with columns named by content."""
    import numpy as np
    import pandas as pd

    columns = {head.columns[what]: what for what in wanted if what in head.columns}
    kinds = {
        name: str if what in ("gene", "name", "cell") else np.float64
        for name, what in columns.items()
    }
    with pd.read_csv(
        path,
        sep=head.separator,
        skiprows=head.skipped,
        usecols=list(columns),
        dtype=kinds,
        keep_default_na=False,
        na_values={name: _MISSING for name, kind in kinds.items() if kind is not str},
        chunksize=LINES,
        compression="gzip" if _is_gzip(path) else None,
    ) as parts:
        for part in parts:
            part = part.rename(columns=columns)
            if not np.isfinite(part.select_dtypes("number").to_numpy()).all():
                raise InputError(f"{path} has lines without position or count: get a fresh copy.")
            yield part


class _Sums:
    """Sums of counts of genes in observations, part by part.

    Observations and genes are numbered in the order in which they are first seen.
    """

    def __init__(self) -> None:
        self.genes: dict[str, int] = {}
        self.names: dict[int, str] = {}
        self._parts: list[pd.Series] = []
        self._waiting = 0

    def add(self, observation: NDArray[np.int64], part: pd.DataFrame) -> None:
        """Add lines with the given observations, (n,)."""
        import numpy as np
        import pandas as pd

        codes, found = pd.factorize(part["gene"])
        known = np.array([self.genes.setdefault(each, len(self.genes)) for each in found])
        if "name" in part:
            first = part["name"].to_numpy()[np.unique(codes, return_index=True)[1]]
            self.names |= dict(zip(known[np.unique(codes)].tolist(), first, strict=True))
        index = [observation, known[codes]]
        self._parts.append(part["count"].groupby(index).sum())
        self._waiting += len(self._parts[-1])
        if self._waiting > 2 * len(self._parts[0]) + LINES:
            self._join()

    def _join(self) -> pd.Series:
        import pandas as pd

        whole = pd.concat(self._parts).groupby(level=[0, 1]).sum()
        self._parts, self._waiting = [whole], len(whole)
        return whole

    def adata(self) -> tuple[AnnData, NDArray[np.int64]]:
        """Return the counts, and the observation of each row."""
        import anndata
        import numpy as np
        import pandas as pd
        from scipy import sparse

        whole = self._join()
        seen, row = np.unique(whole.index.get_level_values(0), return_inverse=True)
        gene = whole.index.get_level_values(1).to_numpy()
        shape = (len(seen), len(self.genes))
        counts = sparse.coo_matrix((whole.to_numpy(np.float32), (row, gene)), shape=shape)
        var = pd.DataFrame(index=pd.Index(list(self.genes), dtype=str))
        if self.names:
            var["gene_ids"] = list(self.genes)
            var.index = pd.Index([self.names[each] for each in range(len(var))], dtype=str)
        obs = pd.DataFrame(index=pd.Index(np.arange(len(seen)).astype(str)))
        return anndata.AnnData(X=counts.tocsr(), obs=obs, var=var), np.asarray(seen)


def _read_bins(path: Path, head: _Head, asked: int | None, pitch: int) -> tuple[AnnData, list[str]]:
    import numpy as np

    stated = re.search(r"\d+", head.facts.get("binsize", ""))
    stored = max(int(stated[0]), 1) if stated else 1
    size = asked or max(_usual_bin(path, head), stored)
    if not 0 < size <= _LARGEST_BIN or size % stored:
        pick(path, "bin_size", str(size), [str(stored * each) for each in (1, 2, 4, 10)])
    # Bins are stored by their corners in spots, or by their indices.
    numbered = stored > 1 and any(
        bool((part[["x", "y"]].to_numpy() % stored).any())
        for part in _parts(path, head, ("x", "y"))
    )
    step = size // stored if numbered else size
    sums = _Sums()
    for part in _parts(path, head, ("gene", "name", "x", "y", "count")):
        column, row = (np.floor_divide(part[each], step).astype(np.int64) for each in "xy")
        if max(np.abs(column).max(), np.abs(row).max()) >= 2**30:
            raise InputError(f"{path} has positions outside of any chip: get a fresh copy.")
        sums.add((row.to_numpy() << 32) + column.to_numpy(), part)
    adata, seen = sums.adata()
    column, row = ((seen + 2**31) & (2**32 - 1)) - 2**31, (seen + 2**31) >> 32
    adata.obs["array_col"], adata.obs["array_row"] = column, row
    adata.obsm["spatial"] = (np.stack([column, row], axis=1) + 0.5) * size - 0.5
    if asked:
        return adata, []
    wide = f"{size * pitch / 1000:g} µm, where spots are {pitch / 1000:g} µm apart"
    return adata, [f"Bins of {size} spots are read ({wide}): --bin-size chooses."]


def _usual_bin(path: Path, head: _Head) -> int:
    """Return the default size of bins: a smaller one where there are few bins."""
    import numpy as np

    low, high = np.full(2, np.inf), np.full(2, -np.inf)
    for part in _parts(path, head, ("x", "y")):
        places = part[["x", "y"]].to_numpy()
        low, high = np.minimum(low, places.min(axis=0)), np.maximum(high, places.max(axis=0))
        if np.prod((high - low) // _BIN + 1) >= _FEWEST:
            break
    enough = (size for size in _BINS if np.prod((high - low) // size + 1) >= _FEWEST)
    return next(enough, _BIN)


def _read_cells(path: Path, head: _Head) -> tuple[AnnData, list[str]]:
    import numpy as np
    import pandas as pd

    sums, outside = _Sums(), 0.0
    known: dict[str, int] = {}
    places: list[pd.DataFrame] = []
    for part in _parts(path, head, ("gene", "name", "x", "y", "count", "cell")):
        cell = part["cell"].str.strip().str.replace(r"\.0+$", "", regex=True)
        inside = ~cell.str.lower().isin(["", "0", "-1", "nan", "na", "none"])
        outside += float(part["count"][~inside].sum())
        part, cell = part[inside], cell[inside]
        codes, found = pd.factorize(cell)
        number = np.array([known.setdefault(each, len(known)) for each in found], dtype=np.int64)
        if len(part):
            sums.add(number[codes], part)
            places.append(part[["x", "y"]].groupby(number[codes]).agg(["sum", "size"]))
    if not known:
        raise InputError(
            f"{path} has no line that lies in a cell: read bins of it with --bin-size {_BIN}."
        )
    adata, seen = sums.adata()
    total = pd.concat(places).groupby(level=0).sum().loc[seen]
    adata.obsm["spatial"] = np.column_stack(
        [total[each, "sum"] / total[each, "size"] for each in "xy"]
    )
    adata.obs_names = np.array(list(known), dtype=object)[seen]
    notes = [f"Cells are read, by the column {head.columns['cell']}: --bin-size reads bins."]
    if outside:
        notes.append(f"{outside:.0f} molecules outside of cells were left out.")
    return adata, notes


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"
