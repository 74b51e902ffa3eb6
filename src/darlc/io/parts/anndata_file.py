"""Read AnnData from ``.h5ad`` and ``.zarr``, also with sparse matrices of foreign byte order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from anndata import AnnData

#: What is said of the file that sections of a study share, where data or a result are wanted.
OF_SEVERAL = "holds what several sections share: give the file of one of them, beside it."
_SPARSE = ("csr_matrix", "csc_matrix")
_PARTS = ("data", "indices", "indptr")


def read_anndata(path: Path) -> AnnData:
    """Read a whole file or store, after a check that it is safe to read.

    Raises
    ------
    Exception
        Any exception of the libraries; see `darlc.io.guards.boundary.reading`.
    """
    import anndata

    from darlc.io.guards.hdf5 import check_hdf5
    from darlc.io.guards.zarr_store import check_zarr

    if path.is_dir():
        check_zarr(path)
        return anndata.io.read_zarr(path)

    import h5py

    check_hdf5(path)
    with h5py.File(path, "r") as file:
        if _is_foreign(file):
            return _read_foreign(file)
    return anndata.read_h5ad(path)


def _is_foreign(group: Any) -> bool:
    """Return whether a sparse matrix has foreign byte order, which scipy does not support."""
    layers = group.get("layers", {})
    raw = group.get("raw", {})
    found = [each["X"] for each in (group, raw) if "X" in each]
    found += [layers[name] for name in layers]
    return any(
        not each[part].dtype.isnative
        for each in found
        if str(each.attrs.get("encoding-type", "")) in _SPARSE
        for part in _PARTS
    )


def _read_foreign(group: Any) -> AnnData:
    from anndata.experimental import read_dispatched
    from scipy import sparse

    from darlc.data.native import native

    def read(func: Callable[[Any], Any], name: str, elem: Any, *, iospec: Any) -> Any:
        if iospec.encoding_type not in _SPARSE:
            return func(elem)
        parts = tuple(native(elem[part][:]) for part in _PARTS)
        make = sparse.csr_matrix if iospec.encoding_type == "csr_matrix" else sparse.csc_matrix
        return make(parts, shape=tuple(elem.attrs["shape"]))

    adata: AnnData = read_dispatched(group, read)
    return adata
