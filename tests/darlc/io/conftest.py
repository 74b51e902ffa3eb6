"""Tiny datasets in each format's own conventions, with known truth; and the real ones."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import h5py
import numpy as np
import pytest
from anndata import AnnData
from PIL import Image
from scipy import io as scipy_io
from scipy import sparse

BARCODES = ["AAAC-1", "AAAG-1", "AAAT-1", "AACC-1"]
GENES = ["Actb", "Gfap", "NA", "Gfap"]
#: barcode: in_tissue, array_row, array_col, pxl_row, pxl_col; another order than the matrix's.
POSITIONS = {
    "AACC-1": (1, 1, 3, 40.5, 300.25),
    "ZZZZ-1": (0, 9, 9, 900.0, 910.0),
    "AAAC-1": (1, 0, 0, 10.5, 100.25),
    "AAAT-1": (1, 1, 1, 40.5, 150.25),
    "AAAG-1": (1, 0, 2, 10.5, 200.25),
}
SCALES = {"tissue_hires_scalef": 0.5, "tissue_lowres_scalef": 0.1, "spot_diameter_fullres": 8.0}


def _load(name: str) -> ModuleType:
    """Import a module that lies beside this one, which is in no package."""
    spec = importlib.util.spec_from_file_location(
        f"tests_{name}", Path(__file__).with_name(f"{name}.py")
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


_TISSUE_FILES, _MALFORMED_FILES = _load("tissue_files"), _load("malformed_files")
_FILES_OF_OTHERS = _load("files_of_others")


@pytest.fixture(scope="session")
def tissue_files() -> ModuleType:
    """The module that writes one small tissue in every format."""
    return _TISSUE_FILES


@pytest.fixture(scope="session")
def files_of_others() -> ModuleType:
    """The module that writes a tissue as other programs write theirs."""
    return _FILES_OF_OTHERS


@pytest.fixture(scope="session")
def malformed_files() -> ModuleType:
    """The module that writes damaged and hostile files."""
    return _MALFORMED_FILES


@pytest.fixture
def counts() -> np.ndarray:
    """(4 observations, 4 genes)."""
    return np.array([[0, 1, 2, 0], [3, 0, 0, 4], [0, 0, 5, 0], [6, 7, 0, 8]], dtype=np.float32)


@pytest.fixture
def adata(counts: np.ndarray) -> AnnData:
    """A tissue of four observations that every check lets pass."""
    adata = AnnData(X=sparse.csr_matrix(counts))
    adata.obs_names, adata.var_names = BARCODES, ["a", "b", "c", "d"]
    adata.obsm["spatial"] = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 20.0], [10.0, 20.0]])
    return adata


@pytest.fixture
def make_folder(tmp_path: Path, counts: np.ndarray) -> Callable[..., Path]:
    """Write a Space Ranger folder: ``make_folder(matrix="h5"|"mtx", old=…, outs=…, …)``."""

    def make(
        matrix: str = "h5",
        old: bool = False,
        outs: bool = False,
        prefix: str = "",
        kinds: tuple[str, ...] = ("Gene Expression",) * 4,
        positions: dict[str, tuple] = POSITIONS,
    ) -> Path:
        top = tmp_path / "sample"
        folder = top / "outs" if outs else top
        (folder / "spatial").mkdir(parents=True)
        write = {"h5": write_h5, "mtx": write_mtx}[matrix]
        write(folder, prefix, counts, kinds)
        write_spatial(folder / "spatial", old, positions)
        return top

    return make


def write_h5(folder: Path, prefix: str, counts: np.ndarray, kinds: tuple[str, ...]) -> None:
    """Features × barcodes in compressed columns, names as fixed-width bytes."""
    by_barcode = sparse.csc_matrix(counts.T.astype(np.int32))
    with h5py.File(folder / f"{prefix}filtered_feature_bc_matrix.h5", "w") as file:
        group = file.create_group("matrix")
        group["shape"] = np.array(by_barcode.shape, dtype=np.int32)
        group["data"] = by_barcode.data
        group["indices"] = by_barcode.indices.astype(np.int64)
        group["indptr"] = by_barcode.indptr.astype(np.int64)
        group["barcodes"] = np.array(BARCODES, dtype="S")
        group["features/id"] = np.array([f"ENS{i}" for i in range(len(GENES))], dtype="S")
        group["features/name"] = np.array(GENES, dtype="S")
        group["features/feature_type"] = np.array(kinds, dtype="S")


def write_mtx(folder: Path, prefix: str, counts: np.ndarray, kinds: tuple[str, ...]) -> None:
    """Features × barcodes in coordinate form, three gzipped files."""
    home = folder / f"{prefix}filtered_feature_bc_matrix"
    home.mkdir()
    with gzip.open(home / "matrix.mtx.gz", "wb") as file:
        scipy_io.mmwrite(file, sparse.coo_matrix(counts.T.astype(int)), field="integer")
    rows = [
        f"ENS{i}\t{name}\t{kind}" for i, (name, kind) in enumerate(zip(GENES, kinds, strict=True))
    ]
    (home / "features.tsv.gz").write_bytes(gzip.compress("\n".join(rows).encode()))
    (home / "barcodes.tsv.gz").write_bytes(gzip.compress("\n".join(BARCODES).encode()))


def write_spatial(spatial: Path, old: bool, positions: dict[str, tuple]) -> None:
    """Old: no header; new: header and its own file name."""
    lines = [",".join(map(str, (barcode, *place))) for barcode, place in positions.items()]
    if old:
        (spatial / "tissue_positions_list.csv").write_text("\n".join(lines))
    else:
        header = "barcode,in_tissue,array_row,array_col,pxl_row_in_fullres,pxl_col_in_fullres"
        (spatial / "tissue_positions.csv").write_text("\n".join([header, *lines]))
    (spatial / "scalefactors_json.json").write_text(json.dumps(SCALES))
    for size, shape in {"hires": (40, 50), "lowres": (8, 10)}.items():
        pixels = np.full((*shape, 3), 200, dtype=np.uint8)
        Image.fromarray(pixels).save(spatial / f"tissue_{size}_image.png")


@pytest.fixture
def fingerprint() -> Callable[[Path], dict[str, str]]:
    """Hash every file of a path, to show that reading left it alone."""

    def hashes(path: Path) -> dict[str, str]:
        files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
        return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}

    return hashes
