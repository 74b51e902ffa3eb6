"""A result file opens in the programs of the field as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from darlc.results.result import Result


@pytest.fixture(params=[".h5ad", ".zarr"])
def saved(request: pytest.FixtureRequest, result: Result, tmp_path: Path) -> Path:
    """Return a result file, all observations of which have a place."""
    assert result.adata is not None
    spatial = result.adata.obsm["spatial"]
    spatial[~np.isfinite(spatial)] = 0.0
    return result.save(tmp_path / f"result{request.param}")


def read(path: Path):  # type: ignore[no-untyped-def]
    import anndata

    return anndata.read_zarr(path) if path.suffix == ".zarr" else anndata.read_h5ad(path)


@pytest.mark.slow
def test_scanpy(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    monkeypatch.setattr(matplotlib, "use", lambda *args, **kwargs: None)
    matplotlib.rcParams["backend"] = "agg"
    sc = pytest.importorskip("scanpy")
    adata = sc.read_h5ad(saved) if saved.suffix == ".h5ad" else read(saved)
    # Genes as items: what scanpy does to observations works on them, embedding and all.
    genes = adata.T
    genes = genes[np.isfinite(genes.obsm["X_darlc"]).all(axis=1)].copy()
    sc.pp.neighbors(genes, use_rep="X_darlc", n_neighbors=4)
    sc.tl.umap(genes, maxiter=20)
    axes = sc.pl.umap(genes, color="darlc_cluster", show=False)
    assert axes is not None
    sc.pp.normalize_total(adata)
    sc.pp.log1p(adata)
    assert sc.pl.embedding(adata, basis="spatial", color="Gene0", show=False) is not None
    kept = adata[:, adata.var["darlc_cluster"] == "myelin"]
    assert kept.n_vars == 4


@pytest.mark.slow
def test_squidpy(saved: Path) -> None:
    sq = pytest.importorskip("squidpy")
    adata = read(saved)
    sq.gr.spatial_neighbors(adata, coord_type="grid", n_neighs=4)
    sq.gr.spatial_autocorr(adata, mode="moran", genes=["Gene0"], n_jobs=1, show_progress_bar=False)
    assert adata.uns["moranI"].loc["Gene0", "I"] > 0.3


@pytest.mark.slow
def test_napari_spatialdata(saved: Path) -> None:
    """It takes tables as SpatialData holds them, so the result must be accepted as one."""
    pytest.importorskip("napari_spatialdata")
    from spatialdata.models import TableModel

    TableModel.validate(TableModel.parse(read(saved)))
