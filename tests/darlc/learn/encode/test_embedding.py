"""Embeddings by a result's weights alone: as while the fit went on, and comparable ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load, save

from darlc.errors import InputError
from darlc.events import Denoised, Event, Finished
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.io.result_file import load as load_result
from darlc.learn.denoise.denoiser import regress
from darlc.learn.denoise.shrinkage import Shrinkage, named
from darlc.learn.denoise.transform import stabilise
from darlc.learn.denoise.views import Views
from darlc.learn.encode.embedding import embed_others, embed_views
from darlc.learn.encode.network import MaskedAutoencoder
from darlc.learn.encode.tokens import make_tokens
from darlc.learn.train.run import train
from darlc.results.result import Result
from darlc.simulation.tissue import simulate

#: Of the 160 genes that there are.
DRAWING = 100
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def result(images, tissue, config) -> Result:
    """A fit that was stopped once it had its denoised views: the rest adds nothing here."""
    seen: list[Event] = []
    run = train(
        images,
        config.replace(genes=DRAWING),
        stop=lambda: any(isinstance(event, Denoised) for event in seen),
    )
    for event in run:
        seen.append(event)
    last = seen[-1]
    assert isinstance(last, Finished)
    return last.result.with_data(tissue)


def again(result: Result, images: SGEPImages) -> np.ndarray:
    """Embed genes by the weights alone, also those of the result."""
    return embed_others(result.weights, result.config.network, images)


def without(result: Result, prefix: str) -> Result:
    tensors = load(result.weights)
    return replace(
        result, weights=save({k: v for k, v in tensors.items() if not k.startswith(prefix)})
    )


def test_all_genes_are_embedded_as_at_the_end_of_the_fit(result, images) -> None:
    assert result.n_genes > result.drawing.sum() == DRAWING
    own = images.select(images.index(list(result.gene_names)))
    np.testing.assert_allclose(again(result, own), result.embedding, atol=1e-4)
    np.testing.assert_array_equal(result.embed(own), result.embedding)


def test_genes_that_the_result_lacks_are_embedded_like_their_copies(result, images) -> None:
    twins = replace(images, gene_names=np.char.add(images.gene_names, "-copy"))
    rows = np.arange(0, result.n_genes, 15)
    own = twins.select(images.index(list(result.gene_names[rows])))
    np.testing.assert_allclose(result.embed(own), result.embedding[rows], atol=1e-4)


def test_a_reopened_file_gives_the_same(result, images, tmp_path) -> None:
    reopened = load_result(result.save(tmp_path / "result.h5ad"))
    some = images.select(np.arange(5))
    np.testing.assert_array_equal(reopened.embed(some), result.embed(some))
    np.testing.assert_array_equal(again(reopened, some), again(result, some))


def test_embeddings_of_other_genes_lie_where_genes_of_their_pattern_do(result, tissue) -> None:
    pattern = tissue.var["pattern"][result.gene_names].to_numpy()
    unit = result.embedding / np.linalg.norm(result.embedding, axis=1, keepdims=True)
    ours, theirs = result.drawing, ~result.drawing
    nearest = (unit[theirs] @ unit[ours].T).argmax(axis=1)
    chance = max(np.mean(pattern[ours] == each) for each in np.unique(pattern))
    assert np.mean(pattern[ours][nearest] == pattern[theirs]) > chance + 0.2


def test_cells_that_vary_by_themselves_keep_what_is_theirs() -> None:
    rng = np.random.default_rng(0)
    cells = rasterize(simulate(seed=3, genes=60, clusters=3, depth=300.0, platform="st"))
    rate = rng.gamma(0.4, 2.5, (cells.n_pixels, 60)) * rng.lognormal(1.0, 0.7, 60)
    cells = replace(cells, matrix=type(cells.matrix)(rng.poisson(rate).astype(np.float32)))
    modelled, rest = cells.select(np.arange(50)), cells.select(np.arange(50, 60))
    learnt = Shrinkage(modelled, np.empty((cells.n_pixels, 0), np.float32), 0)
    assert learnt.own.trust > 0.5
    rebuilt = Shrinkage.from_arrays(learnt.to_arrays())
    np.testing.assert_allclose(rebuilt.view(rest), learnt.view(rest), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("weights", "sentence"), [(b"", "holds no weights"), (b"no", "cannot be read")]
)
def test_weights_that_are_none_get_a_sentence(result, images, weights, sentence) -> None:
    with pytest.raises(InputError, match=sentence):
        again(replace(result, weights=weights), images)


def test_weights_that_lack_something_get_a_sentence(result, images) -> None:
    with pytest.raises(InputError, match="the result's weights cannot be read"):
        again(without(result, "denoiser.own"), images)


def test_results_of_old_embed_genes_by_roots_as_they_did(result, images) -> None:
    old = without(result, "views.")
    some = images.select(np.arange(8))
    basis, scale = (load(result.weights)[f"denoiser.{name}"].numpy() for name in ("basis", "scale"))
    roots = stabilise(some)
    network = MaskedAutoencoder(
        make_tokens(images.grid), load(result.weights)["network.basis"], result.config.network
    )
    network.load_state_dict(named(load(result.weights), "network."))
    views = Views.of(roots, regress(roots, basis, scale))
    np.testing.assert_allclose(again(old, some), embed_views(network, views, CPU), atol=1e-5)
    assert not np.allclose(again(old, some), again(result, some), atol=1e-2)


def test_values_that_are_no_counts_cannot_be_embedded_beside_counts(result, images) -> None:
    logs = replace(images, matrix=type(images.matrix)(images.expression().T), values="log")
    with pytest.raises(
        InputError, match="was fitted to counts, and these values are not counts: open"
    ):
        again(result, logs)


def test_other_pixels_are_refused(result) -> None:
    elsewhere: SGEPImages = rasterize(simulate(seed=1, genes=20, clusters=2, platform="st"))
    for ask in (result.denoise, result.embed):
        with pytest.raises(InputError, match="another tissue grid"):
            ask(elsewhere)
