"""Simulated tissue keeps its promises: seeds, depth, truth."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.data.images import rasterize
from darlc.errors import InputError
from darlc.simulate import simulate


def test_same_seed_same_tissue_and_another_differs() -> None:
    a, again, other = (simulate(seed=s, genes=40, clusters=4) for s in (1, 1, 2))
    assert (a.X != again.X).nnz == 0
    assert a.shape != other.shape or (a.X != other.X).nnz > 0


def test_depth_is_the_mean_total() -> None:
    adata = simulate(seed=0, genes=400, clusters=5, depth=250.0)
    assert adata.X.sum(axis=1).mean() == pytest.approx(250.0, rel=0.05)


def test_genes_follow_the_pattern_that_they_are_said_to_follow() -> None:
    adata = simulate(seed=0, genes=60, clusters=6, depth=5000.0)
    assert adata.var["pattern"].value_counts().min() >= 2
    np.testing.assert_allclose(adata.obsm["patterns"].mean(axis=0), 1.0)
    counts = adata.X.toarray() / adata.obs["library"].to_numpy()[:, None]
    own = adata.var["pattern"].str.removeprefix("pattern").astype(int).to_numpy() - 1
    strong = np.flatnonzero((adata.var["strength"] > 0.8) & (adata.var["mean"] > 20))
    log_patterns = np.log(adata.obsm["patterns"])
    for gene in strong:
        correlation = np.corrcoef(np.column_stack([counts[:, gene], log_patterns]).T)[0, 1:]
        assert correlation[own[gene]] > correlation.max() - 0.1


def test_it_is_laid_out_like_visium() -> None:
    images = rasterize(simulate(seed=0, genes=20, clusters=2))
    assert images.grid.layout == "hexagonal"
    assert images.grid.microns == pytest.approx(1.0, rel=0.02)
    assert images.values == "counts"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [({"genes": 5, "clusters": 4}, "at least two genes each"), ({"depth": 0.0}, "depth")],
)
def test_what_cannot_be_simulated_is_a_sentence(options, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        simulate(**options)
