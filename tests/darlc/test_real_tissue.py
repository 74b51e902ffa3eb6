"""``darlc fit`` on real and made-up tissue: the whole path, the contract, the input unchanged."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import anndata as ad
import numpy as np
import pytest
import scanpy as sc

import darlc
from darlc.io import open_dataset
from darlc.simulation.tissue import simulate

MADE_UP = "simulated.h5ad"
FAST = ("mob.h5ad", "dlpfc_151510.h5ad")
SLOW = ("visium_mouse", "slideseq_cerebellum.h5ad", "merfish_hypothalamus.h5ad")
_GIB = 1024**3


def _fingerprint(path: Path) -> str:
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _fit(source: Path, out: Path) -> tuple[dict, str, int]:
    """Run the command; return its JSON, what it said, and its peak memory in bytes."""
    command = [sys.executable, "-m", "darlc.cli", "fit", source, "--out", out]
    process = subprocess.Popen(
        [*command, "--preset", "quick", "--device", "cpu", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    said, complaints = process.communicate()
    # Of all children so far, this one included: an upper bound.
    import resource

    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    assert process.returncode == 0, complaints
    return json.loads(said), complaints, peak


@pytest.fixture
def source(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a dataset by its name: a real one, or one made up for those who have no real one."""
    if request.param != MADE_UP:
        return Path(request.getfixturevalue("real_data")) / request.param
    path = tmp_path_factory.mktemp("source") / MADE_UP
    simulate(seed=1, genes=120, clusters=4, platform="st").write_h5ad(path)
    return path


_REAL = pytest.mark.real_data


@pytest.mark.parametrize(
    "source",
    [
        MADE_UP,
        *(pytest.param(name, marks=_REAL) for name in FAST),
        *(pytest.param(name, marks=[_REAL, pytest.mark.slow]) for name in SLOW),
    ],
    indirect=True,
)
@pytest.mark.timeout(1200)
def test_fit_keeps_the_contract(source: Path, tmp_path: Path) -> None:
    name, out = source.name, tmp_path / "result.h5ad"
    before = _fingerprint(source)
    summary, _, peak = _fit(source, out)
    assert peak < 4 * _GIB
    assert _fingerprint(source) == before
    assert os.listdir(tmp_path) == ["result.h5ad"]

    original, saved = open_dataset(source).adata, sc.read_h5ad(out)
    assert (saved.X != original.X).nnz == 0
    assert list(saved.obs_names) == list(original.obs_names)
    assert list(saved.var_names) == list(original.var_names)
    for column in original.obs:
        np.testing.assert_array_equal(
            saved.obs[column].astype(str), original.obs[column].astype(str)
        )
    np.testing.assert_array_equal(saved.obsm["spatial"], original.obsm["spatial"])
    _check_contract(saved, summary)
    assert darlc.load(out).n_clusters == len(saved.var["darlc_cluster"].cat.categories)
    if name.startswith("dlpfc"):
        _check_cortex(saved)
    if name.startswith("merfish"):
        assert any("not as counts" in note for note in summary["notes"])


def _check_contract(saved: ad.AnnData, summary: dict) -> None:
    modelled = saved.var["darlc_cluster"].notna().to_numpy()
    k = saved.varm["darlc_membership"].shape[1]
    assert summary["genes"] == modelled.sum() >= summary["drawing"]
    assert summary["drawing"] <= 3000
    assert saved.var["darlc_cluster"].cat.ordered
    assert len(saved.var["darlc_cluster"].cat.categories) == k >= 2
    confidence = saved.var["darlc_confidence"].to_numpy()
    assert confidence.dtype == np.float32
    assert np.all((confidence[modelled] > 0) & (confidence[modelled] <= 1.0 + 1e-6))
    membership, embedding = saved.varm["darlc_membership"], saved.varm["X_darlc"]
    np.testing.assert_allclose(membership[modelled].sum(axis=1), 1.0, atol=1e-4)
    assert np.isnan(membership[~modelled]).all()
    assert np.isfinite(embedding[modelled]).all()
    assert np.isnan(embedding[~modelled]).all()
    pixel = saved.obsm["darlc_pixel"]
    mask = np.asarray(saved.uns["darlc"]["grid"]["mask"], dtype=bool)
    placed = pixel[:, 0] >= 0
    assert placed.mean() > 0.9
    assert mask[tuple(pixel[placed].T)].all()
    # The grid's affine leads from a pixel back to where its observations lie.
    affine = np.asarray(saved.uns["darlc"]["grid"]["affine"])
    home = np.column_stack([pixel[placed], np.ones(placed.sum())]) @ affine.T
    pitch = np.sqrt(abs(np.linalg.det(affine[:2, :2])))
    off = np.linalg.norm(home[:, :2] - saved.obsm["spatial"][placed, :2], axis=1)
    assert np.median(off) < 0.75 * pitch


def _check_cortex(saved: ad.AnnData) -> None:
    """MBP, PLP1 and MOBP are oligodendrocytes'; PCP4 (layer 5) and CUX2 (2/3) are neurons'."""
    cluster = saved.var.set_index("gene_name")["darlc_cluster"]
    assert cluster["MBP"] == cluster["PLP1"] == cluster["MOBP"]
    assert cluster["PCP4"] != cluster["MBP"]
    assert cluster["CUX2"] != cluster["MBP"]
