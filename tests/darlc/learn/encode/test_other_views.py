"""Genes that a result does not hold are denoised as those that it holds are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from safetensors.torch import load, save

from darlc.config import Config
from darlc.errors import InputError
from darlc.events import Denoised, Event, Finished
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.learn.encode.other_views import denoise_others
from darlc.learn.train.run import train
from darlc.results.gene_rows import flat_views
from darlc.results.result import Result
from darlc.simulation.tissue import simulate

#: Of the 160 genes that there are.
DRAWING = 100


def fitted(images: SGEPImages, config: Config) -> Result:
    """Return a fit that was stopped once it had its denoised views."""
    seen: list[Event] = []
    for event in train(images, config, lambda: any(isinstance(one, Denoised) for one in seen)):
        seen.append(event)
    assert isinstance(seen[-1], Finished)
    return seen[-1].result


def lacking(result: Result, rows: np.ndarray) -> Result:
    """Return the result without some genes, as earlier versions kept it."""
    kept = np.setdiff1d(np.arange(result.n_genes), rows)
    return replace(
        result,
        gene_names=result.gene_names[kept],
        embedding=result.embedding[kept],
        membership=result.membership[kept],
        drawing=result.drawing[kept],
        denoised=result.denoised[kept],
    )


def test_they_get_the_views_that_they_would_have_in_the_result(images, config, tissue) -> None:
    result = fitted(images, config.replace(genes=DRAWING)).with_data(tissue)
    rows = np.flatnonzero(~result.drawing)[:12]
    some = images.select(images.index(list(result.gene_names[rows])))
    views = lacking(result, rows).denoise(some)
    np.testing.assert_allclose(views, result.denoised[rows], rtol=1e-3, atol=1e-3)
    assert np.ptp(views, axis=1).any()


def test_those_with_few_molecules_are_flat_beside_those_that_are_not(images, config) -> None:
    result = fitted(images, config.replace(genes=DRAWING))
    rows = np.flatnonzero(~result.drawing)[:2]
    some = images.select(images.index(list(result.gene_names[rows])))
    first = some.matrix[:, [0]].tolil()
    first[1:] = 0
    first[0] = 1
    both = replace(
        some, matrix=type(some.matrix)(np.hstack([first.toarray(), some.matrix[:, [1]].toarray()]))
    )
    views = lacking(result, rows).denoise(both)
    np.testing.assert_array_equal(views[:1], flat_views(both.select(np.array([0]))))
    assert np.ptp(views[1]) > 0


@pytest.mark.parametrize("values", ["counts", "log"])
def test_a_pooled_model_gives_pictures_at_full_resolution(values) -> None:
    images = rasterize(simulate(seed=4, genes=80, clusters=3, depth=1500.0, platform="st"))
    if values == "log":
        images = replace(images, matrix=type(images.matrix)(images.expression().T), values="log")
    result = fitted(images, Config.from_preset("quick", clusters=3, genes=60, model_pixels=200))
    assert result.pooling > 1
    rows = np.flatnonzero(~result.drawing)[:5]
    some = images.select(images.index(list(result.gene_names[rows])))
    views = denoise_others(result, some)
    ours = np.asarray(result.denoised[rows])
    assert views.shape == ours.shape
    agreement = [np.corrcoef(a, b)[0, 1] for a, b in zip(views, ours, strict=True)]
    assert min(agreement) > 0.99


def test_weights_without_a_denoiser_get_a_sentence(images, config) -> None:
    result = fitted(images, config.replace(genes=DRAWING))
    tensors = load(result.weights)
    for part, sentence in {
        "programmes": "fit again to denoise them",
        "own": "cannot be read",
    }.items():
        kept = {k: v for k, v in tensors.items() if not k.startswith(f"denoiser.{part}")}
        with pytest.raises(InputError, match=sentence):
            denoise_others(replace(result, weights=save(kept)), images.select(np.arange(3)))
