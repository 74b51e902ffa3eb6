from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality import datasets
from benchmarks.quality.settings import DATA, Settings, Unavailable
from benchmarks.quality.tasks.splitting import CLUSTERS, Split, run, split


def test_missing_data_are_rows_that_say_so(tmp_path: Path) -> None:
    (table,) = run(Settings(data=tmp_path / "nowhere", out=tmp_path))
    assert table.values("dataset") == list(CLUSTERS)
    assert all("is not in" in str(note) for note in table.values("note"))
    assert (tmp_path / "splitting_clusters.csv").exists()
    with pytest.raises(Unavailable, match=r"mob\.h5ad"):
        datasets.load("mob", tmp_path)


@pytest.mark.real_data
def test_halves_of_a_real_tissue() -> None:
    tissue = split("starmap_mpfc", 11, DATA, genes=50)
    assert isinstance(tissue, Split)
    assert tissue.train.n_genes == tissue.test.n_genes == 50
    np.testing.assert_array_equal(tissue.train.gene_names, tissue.test.gene_names)
    assert tissue.residuals.shape == (50, tissue.test.n_pixels)
    # The library is that of all genes, of the own half.
    assert tissue.train.library.sum() > tissue.train.measured().sum()
    everything = np.zeros(50, dtype=np.int64)
    assert tissue.score(np.full(50, -1)) == tissue.score(np.arange(50)) == 0
    assert tissue.score(everything) != 0


@pytest.mark.real_data
def test_the_pathologists_regions_are_found_by_place() -> None:
    adata = datasets.load("st_her2_B1", DATA)
    assert adata.obs["region"].notna().all()
    assert adata.obs["region"].value_counts()["connective tissue"] == 95
