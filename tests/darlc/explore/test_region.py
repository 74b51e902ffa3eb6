"""Genes and clusters of a region: stripes of a small tissue."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from darlc.errors import InputError
from darlc.explore.region import Regions, covered_pixels
from darlc.images.sgep_images import rasterize


@pytest.fixture
def stripe(tissue):
    """Return the observations of the second stripe, whose genes are 4 to 7."""
    return (tissue.obs["region"] == "1").to_numpy()


@pytest.fixture
def ask(result, stripe):
    """Return what asks about the stripe, with the result's clusters."""

    def ask(**more):
        images = rasterize(result.adata)
        modelled = images.index([str(name) for name in result.gene_names])
        return Regions(result.adata, images, modelled, result.clusters, **more).compare(stripe)

    return ask


def test_the_stripes_own_genes_come_first(ask, stripe, result) -> None:
    found = ask()
    # One observation has no place, in the first stripe.
    assert (found.n_inside, found.n_outside) == (24, 47)
    names = result.adata.var_names[found.genes[found.enrichment.order]]
    assert sorted(names[:4]) == ["Gene4", "Gene5", "Gene6", "Gene7"]
    assert (found.enrichment.auroc[found.enrichment.order[:4]] > 0.95).all()
    assert (found.enrichment.log2_fold_change[found.enrichment.order[:4]] > 1).all()


def test_the_cluster_of_those_genes_comes_first(ask) -> None:
    found = ask()
    assert found.columns.tolist() == [0, 1, 2]
    assert found.columns[found.clusters.order[0]] == 1
    assert found.clusters.auroc[1] > 0.95
    assert (found.clusters.log2_fold_change[[0, 2]] < 0).all()


def test_a_rare_gene_counts_as_much_as_an_abundant_one(result, stripe) -> None:
    """Else one gene would speak for its cluster."""
    adata = result.adata.copy()
    counts = adata.X.toarray()
    counts[:, 4] = 500  # abundant, without the pattern that it is said to follow
    adata.X, adata.layers["counts"] = counts, counts
    images = rasterize(adata)
    modelled = images.index([str(name) for name in result.gene_names])
    found = Regions(adata, images, modelled, result.clusters).compare(stripe)
    assert found.clusters.auroc[1] > 0.95


def test_only_clusters_with_genes_are_compared(ask, result) -> None:
    merged = result.clusters.membership.copy()
    merged[:, 1] += merged[:, 0]
    merged[:, 0] = 0
    object.__setattr__(result, "membership", merged)
    result.__dict__.pop("clusters", None)
    found = ask()
    assert found.columns.tolist() == [1, 2]


def test_without_clusters_only_genes_are_compared(tissue, stripe) -> None:
    found = Regions(tissue, rasterize(tissue)).compare(stripe)
    assert found.clusters is None and len(found.columns) == 0 and len(found.genes) == 14


def test_observations_that_are_not_considered_do_not_count(ask, tissue) -> None:
    found = ask(considered=(tissue.obs["region"] != "2").to_numpy())
    assert (found.n_inside, found.n_outside) == (24, 23)


def test_a_gene_that_is_hardly_seen_is_not_compared(tissue, stripe) -> None:
    counts = tissue.X.toarray()
    counts[:, 3] = 0
    counts[:2, 3] = 1
    tissue.X, tissue.layers["counts"] = counts, counts
    assert 3 not in Regions(tissue, rasterize(tissue)).compare(stripe).genes


def test_log_values_give_the_same_genes(result, stripe) -> None:
    adata = result.adata.copy()
    del adata.layers["counts"]
    adata.X = np.log1p(adata.X.toarray() * 0.7)
    images = rasterize(adata)
    assert images.values == "log"
    modelled = images.index([str(name) for name in result.gene_names])
    found = Regions(adata, images, modelled, result.clusters).compare(stripe)
    names = adata.var_names[found.genes[found.enrichment.order]]
    assert sorted(names[:4]) == ["Gene4", "Gene5", "Gene6", "Gene7"]
    assert found.columns[found.clusters.order[0]] == 1


def test_the_data_stay_as_they_were(result, stripe) -> None:
    before = result.adata.X.copy()
    before.data[:5] = result.adata.X.data[:5] = 0  # zeros that are stored
    Regions(result.adata, rasterize(result.adata)).compare(stripe)
    assert result.adata.X.nnz == before.nnz


def test_what_cannot_be_compared_is_said(tissue, stripe) -> None:
    images = rasterize(tissue)
    with pytest.raises(InputError, match="0 observations are inside"):
        Regions(tissue, images).compare(np.zeros(tissue.n_obs, dtype=bool))
    nothing = replace(images, observation_pixel=np.full(tissue.n_obs, -1))
    with pytest.raises(InputError, match="no gene is detected often enough"):
        Regions(tissue, nothing)


def test_pixels_that_a_region_covers(result, stripe) -> None:
    images = rasterize(result.adata)
    covered = covered_pixels(images, stripe)
    np.testing.assert_array_equal(covered, images.grid.pixels[:, 0] // 3 == 1)


def test_one_region_against_another(result, stripe) -> None:
    """What both differ from the third in is no difference between them."""
    images = rasterize(result.adata)
    modelled = images.index([str(name) for name in result.gene_names])
    regions = Regions(result.adata, images, modelled, result.clusters)
    third = (result.adata.obs["region"] == "2").to_numpy()
    found = regions.compare(stripe, third)
    assert (found.n_inside, found.n_outside) == (24, 24)
    order, names = found.enrichment.order, result.adata.var_names[found.genes]
    assert sorted(names[order[:4]]) == ["Gene4", "Gene5", "Gene6", "Gene7"]
    assert (found.enrichment.auroc[order[:4]] > 0.95).all()
    # So small a tissue has few degrees of freedom.
    lower = names[(found.enrichment.p < 0.1) & (found.enrichment.statistic < 0)]
    assert sorted(lower) == ["Gene10", "Gene11", "Gene8", "Gene9"]
    flat = np.isin(names, ["Gene0", "Gene1", "Gene2", "Gene3"])
    assert found.enrichment.p[flat].min() > 0.5
    assert found.columns[found.clusters.order[0]] == 1
    opposite = regions.compare(third, stripe).enrichment
    np.testing.assert_allclose(opposite.statistic, -found.enrichment.statistic)
    np.testing.assert_allclose(opposite.auroc, 1 - found.enrichment.auroc)


def test_all_others_are_a_region_too(result, stripe) -> None:
    regions = Regions(result.adata, rasterize(result.adata))
    usual, said = regions.compare(stripe), regions.compare(stripe, ~stripe)
    np.testing.assert_array_equal(usual.enrichment.p, said.enrichment.p)


def test_observations_in_both_regions_count_in_neither(result, stripe) -> None:
    regions = Regions(result.adata, rasterize(result.adata))
    above = (result.adata.obs["array_row"] < 5).to_numpy()
    found = regions.compare(above, stripe)
    assert (found.n_inside, found.n_outside) == (23, 8)
    with pytest.raises(InputError, match="0 observations are inside the region and 0 outside"):
        regions.compare(stripe, stripe)


@pytest.mark.real_data
def test_white_matter_against_layer_6(real_data: Path) -> None:
    from anndata import read_h5ad

    adata = read_h5ad(real_data / "dlpfc_151510.h5ad")
    layer = adata.obs["layer"].astype(str).to_numpy()
    found = Regions(adata, rasterize(adata)).compare(layer == "WM", layer == "Layer6")
    symbols = adata.var["gene_name"].astype(str).to_numpy()[found.genes]
    sure = symbols[found.enrichment.enriched()]
    assert {"MBP", "PLP1", "MOBP"} <= set(sure)
    assert {"MBP", "PLP1", "MOBP"} <= set(symbols[found.enrichment.order[:25]])
