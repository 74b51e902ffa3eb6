"""A gene set as one picture."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.errors import InputError
from darlc.explore import set_picture as module
from darlc.explore.set_picture import set_picture
from darlc.images.sgep_images import rasterize


def standardised(view: np.ndarray) -> np.ndarray:
    return (view - view.mean()) / view.std()


def test_it_is_the_mean_of_standardised_views(result, monkeypatch) -> None:
    images = rasterize(result.adata)
    modelled = images.index([str(name) for name in result.gene_names])
    # One gene at a time gives the same.
    monkeypatch.setattr(module, "at_once", lambda n, p: (slice(i, i + 1) for i in range(n)))
    found = set_picture(images, modelled, result.denoised, np.array([5, 2, 13]))
    assert found.n_genes == 2, "Gene13 has no answer"
    row = {int(gene): i for i, gene in enumerate(modelled)}
    denoised = [standardised(result.denoised[row[gene]].astype(float)) for gene in (2, 5)]
    raw = [standardised(images.expression(gene)[0].astype(float)) for gene in (2, 5)]
    np.testing.assert_allclose(found.denoised, np.mean(denoised, axis=0), atol=1e-4)
    np.testing.assert_allclose(found.raw, np.mean(raw, axis=0), atol=1e-4)


def test_genes_of_a_stripe_draw_the_stripe(result) -> None:
    images = rasterize(result.adata)
    modelled = images.index([str(name) for name in result.gene_names])
    found = set_picture(images, modelled, result.denoised, np.arange(4, 8))
    inside = images.grid.pixels[:, 0] // 3 == 1
    assert found.denoised[inside].min() > found.denoised[~inside].max()
    # The mean of several raw views is closer to the stripe than one of them.
    stripe = standardised(inside.astype(float))
    one = np.corrcoef(images.expression(5)[0], stripe)[0, 1]
    assert np.corrcoef(found.raw, stripe)[0, 1] > one


def test_a_set_without_an_answer_has_no_picture(result) -> None:
    images = rasterize(result.adata)
    modelled = images.index([str(name) for name in result.gene_names])
    with pytest.raises(InputError, match="has no picture: choose genes with more molecules"):
        set_picture(images, modelled, result.denoised, np.array([13]))
