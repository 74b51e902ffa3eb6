"""Gene sets of what was chosen: names, a cluster, a region."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.errors import InputError
from darlc.explore.chosen_genes import cluster_genes, named_genes, region_genes
from darlc.explore.region import Regions
from darlc.images.sgep_images import rasterize

NAMES = np.array(["ENSG1", "ENSG2", "Mbp"])
LABELS = np.array(["PLP1", "MOBP", "Mbp"])


def test_names_and_symbols_in_any_case() -> None:
    made = named_genes("myelin", ["mobp", "MBP", "ensg1", "Mbp"], NAMES, LABELS)
    assert made.genes == ("ENSG2", "Mbp", "ENSG1") and made.record == "a list of 3 genes"
    with pytest.raises(
        InputError, match="MPB is not among the genes of the data: did you mean Mbp"
    ):
        named_genes("myelin", ["MPB"], NAMES, LABELS)
    with pytest.raises(InputError, match="one name at least"):
        named_genes("myelin", [], NAMES, LABELS)


def test_a_cluster(result) -> None:
    made = cluster_genes("stripe", result.gene_names, result.shown_clusters, "2")
    assert sorted(made.genes) == ["Gene4", "Gene5", "Gene6", "Gene7"]
    assert made.record == "genes of cluster 2"
    with pytest.raises(InputError, match="no cluster is called 4: choose one of these: myelin, 2"):
        cluster_genes("stripe", result.gene_names, result.shown_clusters, "4")


def test_the_genes_of_a_region(result) -> None:
    images = rasterize(result.adata)
    inside = (result.adata.obs["region"] == "1").to_numpy()
    found = Regions(result.adata, images).compare(inside)
    made = region_genes("stripe", images.gene_names, found, "a.geojson")
    assert sorted(made.genes[:4]) == ["Gene4", "Gene5", "Gene6", "Gene7"] and len(made) == 4
    assert made.record == "enriched in a.geojson (FDR ≤ 0.05)"
    anywhere = np.random.default_rng(0).random(len(inside)) < 0.5
    with pytest.raises(InputError, match="no gene is enriched in a corner"):
        region_genes(
            "none", images.gene_names, Regions(result.adata, images).compare(anywhere), "a corner"
        )
