"""Stereo-seq expression files, ``.gef`` and text: molecules on the chip's spots, or cells."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from darlc.data.dataset import Dataset, ReadOptions
from darlc.data.keys import READING
from darlc.errors import InputError
from darlc.io.choice import pick
from darlc.io.format import Format
from darlc.io.guards.hdf5 import check_hdf5, is_hdf5
from darlc.io.readers.gem import is_gem, read_gem

if TYPE_CHECKING:
    import h5py
    import numpy as np
    from anndata import AnnData
    from numpy.typing import NDArray

#: Spots of the chip along a bin's side (25 µm), and micrometres between spots.
_BIN = 50
_MICRONS = 0.5
_BINS, _CELLS = "geneExp", "cellBin"
_LARGEST_BIN = 10_000


def matches(path: Path) -> bool:
    """Return whether a file is HDF5 with the suffix of an expression file, or a GEM."""
    return (path.suffix.lower() == ".gef" and is_hdf5(path)) or is_gem(path)


def read(path: Path, options: ReadOptions) -> Dataset:
    """Read bins of spots, or cells; ``obsm["spatial"]`` holds (x, y) in spots of the chip.

    Raises
    ------
    InputError
        The file holds neither, or no bins that can be pooled to the requested size.
    """
    import h5py

    if not is_hdf5(path):
        return read_gem(path, options)
    check_hdf5(path)
    with h5py.File(path, "r") as file:
        if _BINS in file:
            adata, notes = _read_bins(path, file[_BINS], options.bin_size)
        elif _CELLS in file:
            if options.bin_size is not None:
                raise InputError(f"{path} holds cells, not bins: leave --bin-size out.")
            adata, notes = _read_cells(file[_CELLS]), []
        else:
            raise InputError(
                f"{path} holds neither {_BINS} nor {_CELLS}: open a bin or cell-bin file."
            )
    return Dataset(adata, path, "stereoseq", tuple(notes))


def _read_bins(path: Path, groups: h5py.Group, bin_size: int | None) -> tuple[AnnData, list[str]]:
    """Read the bins of a size that the file holds, or pool the spots to that size."""
    import numpy as np

    stored = {int(name[3:]): name for name in groups if name[3:].isdigit()}
    size = _BIN if bin_size is None else bin_size
    notes = [] if bin_size else [f"Bins of {size} spots are read: --bin-size chooses."]
    if not 0 < size <= _LARGEST_BIN or (size not in stored and 1 not in stored):
        pick(path, "bin_size", str(size), map(str, sorted(stored)))
    # Spots are preferred; bins without spots are stored by their corners or their indices.
    found = groups[stored[1 if 1 in stored else size]]
    molecules = found["expression"][()]
    names, counts = _genes(found["gene"][()])
    if counts.sum() != len(molecules):
        raise InputError(f"{path} has genes that do not fit its molecules: get a fresh copy.")
    places = np.stack([molecules["x"], molecules["y"]], axis=1).astype(np.int64)
    if 1 in stored or not (places % size).any():
        places //= size
    bins, row = np.unique(places, axis=0, return_inverse=True)
    gene = np.repeat(np.arange(len(names)), counts)
    adata = _pool(row.ravel(), gene, molecules["count"], (len(bins), len(names)), names)
    adata.obs["array_col"], adata.obs["array_row"] = bins.T
    adata.obsm["spatial"] = (bins + 0.5) * size - 0.5
    # Some versions write an array of one element.
    stated = np.ravel(found["expression"].attrs.get("resolution", 0))
    nanometres = float(stated[0]) if 1 in stored and len(stated) else 0.0
    adata.uns[READING] = {"microns": nanometres / 1000 or _MICRONS}
    return adata, notes


def _read_cells(group: h5py.Group) -> AnnData:
    import numpy as np

    cells, entries = group["cell"][()], group["cellExp"][()]
    names, _ = _genes(group["gene"][()])
    row = np.repeat(np.arange(len(cells)), cells["geneCount"])
    shape = (len(cells), len(names))
    adata = _pool(row, entries["geneID"].astype(np.int64), entries["count"], shape, names)
    adata.obs_names = [str(number) for number in cells["id"]]
    for name in ("area", "dnbCount"):
        if name in cells.dtype.names:
            adata.obs[name] = cells[name]
    adata.obsm["spatial"] = np.stack([cells["x"], cells["y"]], axis=1).astype(np.float64)
    adata.uns[READING] = {"microns": _MICRONS}
    return adata


def _pool(
    row: NDArray[np.int64],
    gene: NDArray[np.int64],
    count: Any,
    shape: tuple[int, int],
    names: list[str],
) -> AnnData:
    """Sum molecules of a gene in an observation."""
    import anndata
    import numpy as np
    import pandas as pd
    from scipy import sparse

    counts = sparse.coo_matrix((count.astype(np.float32), (row, gene)), shape=shape).tocsr()
    index = pd.Index(np.arange(shape[0]).astype(str))
    var = pd.DataFrame(index=pd.Index(names, dtype=str))
    return anndata.AnnData(X=counts, obs=pd.DataFrame(index=index), var=var)


def _genes(table: Any) -> tuple[list[str], NDArray[np.int64]]:
    """Return the names of the genes, and how many entries each has."""
    import numpy as np

    fields = table.dtype.names
    field = next(name for name in ("geneName", "gene", "geneID") if name in fields)
    names = [each.decode() if isinstance(each, bytes) else str(each) for each in table[field]]
    count = "count" if "count" in fields else "cellCount"
    return names, table[count].astype(np.int64)


FORMAT = Format(
    name="stereoseq",
    description="a Stereo-seq .gef or .gem",
    matches=matches,
    read=read,
    heeds=frozenset({"bin_size"}),
)
