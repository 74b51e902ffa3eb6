"""Which genes are kept, and why the others are not."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.errors import InputError
from darlc.images.selection import choose_genes
from darlc.images.sgep_images import rasterize
from darlc.simulation.tissue import simulate


@pytest.fixture(scope="module")
def images():
    return rasterize(simulate(seed=1, genes=60, clusters=3))


def test_shuffled_genes_are_the_first_to_go(images) -> None:
    adata = simulate(seed=1, genes=60, clusters=3)
    random = np.random.default_rng(0)
    dense = adata.X.toarray()
    shuffled = random.choice(60, 15, replace=False)
    dense[:, shuffled] = dense[random.permutation(len(dense))][:, shuffled]
    adata.X = dense
    kept = choose_genes(rasterize(adata), 45).genes
    assert len(kept) == 45
    assert len(set(kept) & set(shuffled)) <= 5


def test_included_genes_stay_and_the_rest_is_explained(images) -> None:
    least = images.gene_names[np.nanargmin(choose_genes(images, 20).variability)]
    selection = choose_genes(images, 20, include=[least, least])
    assert least in images.gene_names[selection.genes]
    assert len(selection.genes) == 20
    assert (selection.reason == "").sum() == 20
    assert selection.notes[0].startswith("20 of 60 genes draw the patterns")
    assert "40 less variable ones are compared with them" in selection.notes[0]


def test_unknown_included_gene_is_named(images) -> None:
    with pytest.raises(InputError, match="NOPE"):
        choose_genes(images, 20, include=["NOPE"])
