"""The count matrix of 10x pipelines, as ``.h5`` and as an MTX folder.

Read with h5py and scipy: scanpy's readers give the same values, but its import takes seconds
and these readers run in the viewer's process.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from darlc.data.features import GENE
from darlc.errors import InputError
from darlc.io.guards.boundary import reading
from darlc.io.guards.hdf5 import check_hdf5

if TYPE_CHECKING:
    import h5py
    import pandas as pd
    from scipy import sparse


@dataclass(frozen=True, eq=False)
class TenxMatrix:
    """A count matrix with its names.

    Parameters
    ----------
    counts
        (barcodes, features) float32 csr.
    barcodes
        One name a row.
    features
        One row a feature: ``name``, ``gene_ids``, ``feature_types``.
    library_id
        Name of the slide, where the file holds it.
    """

    counts: sparse.csr_matrix
    barcodes: pd.Index
    features: pd.DataFrame
    library_id: str | None = None


def read_h5(path: Path) -> TenxMatrix:
    """Read a ``filtered_feature_bc_matrix.h5``, also of older versions.

    Raises
    ------
    InputError
        The file is damaged or holds something else.
    """
    import h5py
    import numpy as np
    import pandas as pd
    from scipy import sparse

    with reading(path):
        check_hdf5(path)
    with reading(path), h5py.File(path, "r") as file:
        # Up to version 2 of Cell Ranger each genome had its own group, with genes only.
        groups = (
            [file["matrix"]] if "matrix" in file else [file[g] for g in file if _is_v2(file[g])]
        )
        if not groups:
            raise InputError(f"{path} holds no matrix of 10x Genomics: open a file that has one.")
        parts = [_read_group(group) for group in groups]
        barcodes = parts[0].barcodes
        for part in parts[1:]:
            barcodes = barcodes.union(part.barcodes, sort=False)
        rows = [_among(part, barcodes) for part in parts]
        counts = rows[0] if len(rows) == 1 else sparse.hstack(rows, format="csr")
        features = pd.concat([part.features for part in parts], ignore_index=True)
        # Intensities of proteins are stored as whole numbers.
        if (scale := file.attrs.get("protein_scaling_factor")) is not None:
            proteins = (features["feature_types"] == "Protein Expression").to_numpy()
            counts = counts @ sparse.diags(np.where(proteins, 1 / float(scale), 1.0))
            counts = sparse.csr_matrix(counts, dtype=np.float32)
        libraries = np.atleast_1d(file.attrs.get("library_ids", ()))
        library = libraries[0] if len(libraries) else None
        if isinstance(library, bytes):
            library = library.decode()
        return TenxMatrix(counts, barcodes, features, None if library is None else str(library))


def _is_v2(item: object) -> bool:
    """Return whether an item of a file is the matrix of a genome in the layout of version 2."""
    return {"barcodes", "genes", "gene_names", "data", "indices", "indptr", "shape"} <= set(
        getattr(item, "keys", tuple)()
    )


def _read_group(group: h5py.Group) -> TenxMatrix:
    """Read one matrix with its names."""
    import numpy as np
    import pandas as pd
    from scipy import sparse

    n_features, n_barcodes = (int(n) for n in group["shape"][()])
    # Compressed columns of (features, barcodes) are compressed rows of the transpose.
    counts = sparse.csr_matrix(
        (group["data"][()].astype(np.float32), group["indices"][()], group["indptr"][()]),
        shape=(n_barcodes, n_features),
    )
    counts.check_format(full_check=True)
    counts.sort_indices()
    old = "features" not in group
    names, ids = ("gene_names", "genes") if old else ("features/name", "features/id")
    features = pd.DataFrame(
        {
            "name": group[names].asstr()[()],
            "gene_ids": group[ids].asstr()[()],
            "feature_types": GENE if old else group["features/feature_type"].asstr()[()],
        }
    )
    return TenxMatrix(counts, pd.Index(group["barcodes"].asstr()[()], dtype=str), features)


def _among(matrix: TenxMatrix, barcodes: pd.Index) -> sparse.csr_matrix:
    """Return the counts with a row for every barcode, in the given order."""
    from scipy import sparse

    if matrix.barcodes.equals(barcodes):
        return matrix.counts
    place = barcodes.get_indexer(matrix.barcodes)
    counts = matrix.counts.tocoo()
    return sparse.csr_matrix(
        (counts.data, (place[counts.row], counts.col)), shape=(len(barcodes), counts.shape[1])
    )


def read_mtx(folder: Path, prefix: str = "") -> TenxMatrix:
    """Read an MTX folder: matrix, barcodes, and features or (older) genes; plain or gzipped.

    Parameters
    ----------
    folder
        Folder of the three files.
    prefix
        Prefix of their names.

    Raises
    ------
    InputError
        A file is missing or damaged, or the three do not fit together.
    """
    import numpy as np
    from scipy import io, sparse

    matrix_file = _find(folder, f"{prefix}matrix.mtx")
    barcodes = _read_names(_find(folder, f"{prefix}barcodes.tsv"))
    features = _read_names(_find(folder, f"{prefix}features.tsv", f"{prefix}genes.tsv"))
    with reading(matrix_file):
        n_features, n_barcodes = (int(n) for n in io.mminfo(matrix_file)[:2])
    # Before the matrix is read, as a wrong shape could take all memory.
    if (n_barcodes, n_features) != (len(barcodes), len(features)):
        raise InputError(
            f"{matrix_file} holds {n_features} features of {n_barcodes} barcodes, but "
            f"the files beside it name {len(features)} and {len(barcodes)}: "
            "get the whole folder again from one run."
        )
    with reading(matrix_file):
        counts = sparse.csr_matrix(io.mmread(matrix_file).T, dtype=np.float32)
    width = features.shape[1]
    features.columns = ["gene_ids", "name", "feature_types", *range(3, width)][:width]
    if "name" not in features:
        features["name"] = features["gene_ids"]
    if "feature_types" not in features:  # genes.tsv lists genes only
        features["feature_types"] = GENE
    import pandas as pd

    return TenxMatrix(
        counts,
        pd.Index(barcodes[0], dtype=str),
        features[["name", "gene_ids", "feature_types"]],
    )


def _find(folder: Path, *names: str) -> Path:
    for name in names:
        for candidate in (folder / f"{name}.gz", folder / name):
            if candidate.is_file():
                return candidate
    raise InputError(f"{folder} holds no {names[0]}.gz: get the whole folder again.")


def _read_names(path: Path) -> pd.DataFrame:
    """Read a file of names as text: "NA" is a name, and quotes have no meaning."""
    import csv

    import pandas as pd

    with reading(path):
        return pd.read_csv(
            path, sep="\t", header=None, dtype=str, keep_default_na=False, quoting=csv.QUOTE_NONE
        )
