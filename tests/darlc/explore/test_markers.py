"""What marks the values of an annotation: stripes of a small tissue, layers of a cortex."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from anndata import read_h5ad

from darlc.errors import InputError
from darlc.explore.markers import annotation_values, markers
from darlc.images.sgep_images import rasterize


def test_which_columns_annotate(tissue) -> None:
    n = tissue.n_obs
    tissue.obs["order"] = pd.Categorical(["b", "a"] * (n // 2), categories=["c", "b", "a"])
    tissue.obs["leiden"] = np.arange(n) % 11
    tissue.obs["score"] = np.linspace(0, 1, n)
    tissue.obs["barcode"] = [f"cell{i}" for i in range(n)]
    tissue.obs["same"] = "x"
    tissue.obs["list"] = [[i] for i in range(n)]
    found = annotation_values(tissue)
    assert found["region"] == ("0", "1", "2")
    assert found["order"] == ("b", "a")
    assert found["leiden"] == tuple(str(i) for i in range(11))
    assert set(found) == {"region", "order", "leiden", "batch"}


def test_each_stripe_is_marked_by_its_own_genes_and_cluster(result) -> None:
    images = rasterize(result.adata)
    modelled = images.index([str(name) for name in result.gene_names])
    found = markers(result.adata, images, "region", modelled, result.clusters)
    assert list(found) == ["0", "1", "2"]
    for k, each in enumerate(found.values()):
        first = each.genes[each.enrichment.order[:4]]
        assert sorted(first) == list(range(4 * k, 4 * k + 4))
        assert each.columns[each.clusters.order[0]] == k


def test_observations_without_annotation_are_left_out(tissue) -> None:
    tissue.obs["region"] = tissue.obs["region"].where(tissue.obs["region"] != "0")
    found = markers(tissue, rasterize(tissue), "region")
    assert list(found) == ["1", "2"]
    assert (found["1"].n_inside, found["1"].n_outside) == (24, 24)


def test_a_value_can_be_asked_for_alone(tissue) -> None:
    images = rasterize(tissue)
    (alone,) = markers(tissue, images, "region", value="2").values()
    among = markers(tissue, images, "region")["2"]
    np.testing.assert_array_equal(alone.enrichment.p, among.enrichment.p)


def test_rare_values_are_passed_over_but_not_when_asked_for(tissue) -> None:
    tissue.obs["region"] = ["rare"] * 3 + list(tissue.obs["region"].astype(str)[3:])
    images = rasterize(tissue)
    assert list(markers(tissue, images, "region")) == ["0", "1", "2"]
    with pytest.raises(InputError, match="3 observations are inside"):
        markers(tissue, images, "region", value="rare")


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("regions", None, r"obs has no column 'regions': choose one of these: region, batch"),
        ("array_row", None, r"obs\['array_row'\] does not sort observations"),
        ("region", "4", r"obs\['region'\] has no value '4': choose one of these: 0, 1, 2\."),
    ],
)
def test_what_is_wrong_is_said(tissue, column, value, sentence) -> None:
    with pytest.raises(InputError, match=sentence):
        markers(tissue, rasterize(tissue), column, value=value)


def test_layers_of_a_cortex_have_the_genes_that_they_are_known_for(real_data) -> None:
    adata = read_h5ad(real_data / "dlpfc_151510.h5ad")
    symbols = adata.var["gene_name"].to_numpy()
    found = markers(adata, rasterize(adata), "layer")
    assert list(found) == ["Layer1", "Layer2", "Layer3", "Layer4", "Layer5", "Layer6", "WM"]
    enriched = {
        name: set(symbols[each.genes[each.enrichment.enriched()]]) for name, each in found.items()
    }
    first = {
        name: list(symbols[each.genes[each.enrichment.order[:15]]]) for name, each in found.items()
    }
    assert {"MBP", "PLP1", "MOBP"} <= set(first["WM"][:6])
    assert {"AQP4", "CXCL14", "MT1G"} <= enriched["Layer1"]
    assert {"ENC1", "HPCAL1"} <= enriched["Layer2"] and "NEFH" in first["Layer4"]
    assert "PCP4" in first["Layer5"]
    # What marks one end of the cortex does not mark the other.
    assert not {"MBP", "PLP1", "MOBP"} & (enriched["Layer1"] | enriched["Layer3"])
