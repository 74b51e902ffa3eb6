"""Genes outside the model: the same views from a result's weights as while the fit went on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load, save
from scipy import sparse

from darlc.config import Config
from darlc.errors import InputError
from darlc.events import Denoised, Event, Finished
from darlc.images.selection import fewest_pixels
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.io.result_file import load as load_result
from darlc.learn.denoise.denoiser import Denoiser, regress, regressed
from darlc.learn.denoise.shrinkage import Shrinkage, named
from darlc.learn.denoise.transform import stabilise
from darlc.learn.denoise.views import Views
from darlc.learn.encode.embedding import embed_views
from darlc.learn.encode.network import MaskedAutoencoder
from darlc.learn.encode.outside_genes import denoise_and_embed, denoise_outside, extend
from darlc.learn.encode.tokens import make_tokens
from darlc.learn.encode.weights import unpack_denoiser
from darlc.learn.train.run import train
from darlc.results.result import Result
from darlc.simulation.tissue import simulate
from darlc.worker.wire import pack_extension, unpack_extension

#: Of the 160 genes that there are.
MODELLED = 100
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def result(images, tissue, config) -> Result:
    """A fit that was stopped once it had its denoised views: the rest adds nothing here."""
    seen: list[Event] = []
    run = train(
        images,
        config.replace(genes=MODELLED),
        stop=lambda: any(isinstance(event, Denoised) for event in seen),
    )
    for event in run:
        seen.append(event)
    last = seen[-1]
    assert isinstance(last, Finished)
    return last.result.with_data(tissue)


@pytest.fixture(scope="module")
def others(images, result) -> np.ndarray:
    """Positions of the genes outside the model."""
    return np.flatnonzero(~np.isin(images.gene_names, result.gene_names))


@pytest.fixture(scope="module")
def alive(images, result) -> Denoiser:
    """The denoiser of the fit, as it was at its end."""
    config: Config = result.config
    chosen = images.select(images.index([str(name) for name in result.gene_names]))
    denoiser = Denoiser(chosen, config.denoise, config.seed, CPU)
    for _ in denoiser.fit():
        pass
    denoiser.finish()
    return denoiser


def without(result: Result, prefix: str) -> Result:
    tensors = load(result.weights)
    return replace(
        result, weights=save({k: v for k, v in tensors.items() if not k.startswith(prefix)})
    )


def test_a_view_is_the_one_that_the_denoiser_of_the_fit_draws(
    result, images, others, alive
) -> None:
    views = result.denoise(images.select(others))
    assert views.dtype == np.float32 and views.shape == (160 - MODELLED, images.n_pixels)
    np.testing.assert_allclose(views, alive.view(images.select(others)), rtol=1e-4, atol=1e-5)
    assert views.std(axis=1).max() > 0.1, "some of them have a pattern"


def test_modelled_genes_have_the_views_of_the_result(result, images, others) -> None:
    asked = np.array([others[3], images.index([str(result.gene_names[7])])[0], others[0]])
    views = result.denoise(images.select(asked))
    np.testing.assert_array_equal(views[1], result.denoised[7].astype(np.float32))
    alone = result.denoise(images.select(others[[3, 0]]))
    np.testing.assert_allclose(views[[0, 2]], alone, rtol=1e-5, atol=1e-6)


def test_a_reopened_file_gives_the_same(result, images, others, tmp_path) -> None:
    again = load_result(result.save(tmp_path / "result.h5ad"))
    some = images.select(others[:5])
    np.testing.assert_array_equal(again.denoise(some), result.denoise(some))
    np.testing.assert_array_equal(again.embed(some), result.embed(some))


def test_cells_that_vary_by_themselves_keep_what_is_theirs() -> None:
    rng = np.random.default_rng(0)
    cells = rasterize(simulate(seed=3, genes=60, clusters=3, depth=300.0, platform="st"))
    rate = rng.gamma(0.4, 2.5, (cells.n_pixels, 60)) * rng.lognormal(1.0, 0.7, 60)
    cells = replace(cells, matrix=type(cells.matrix)(rng.poisson(rate).astype(np.float32)))
    modelled, rest = cells.select(np.arange(50)), cells.select(np.arange(50, 60))
    learnt = Shrinkage(modelled, np.empty((cells.n_pixels, 0), np.float32), 0)
    assert learnt.own.trust > 0.5
    again = Shrinkage.from_arrays(learnt.to_arrays())
    np.testing.assert_allclose(again.view(rest), learnt.view(rest), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("values", ["counts", "log"])
def test_a_handful_of_molecules_shows_no_pattern(result, images, others, values) -> None:
    """Molecules that lie side by side are the worst case: they look like a hotspot."""
    chosen = images.select(others[:1])
    for n in range(1, 7):
        few = sparse.lil_array((images.n_pixels, 1))
        few[:n] = 1.0
        gene = replace(chosen, matrix=few.tocsc(), values=values)
        if values == "counts":
            view = denoise_outside(result.weights, gene)
        else:
            learnt = unpack_denoiser(result.weights)
            view = regressed(gene, learnt["basis"], learnt["scale"])
        assert bool(np.ptp(view) < 1e-6) == (n < fewest_pixels(images)) and view.min() >= 0
        assert np.expm1(view).mean() == pytest.approx(np.expm1(gene.expression()).mean(), rel=0.5)


def test_logs_are_regressed_on_the_basis(result, images, others) -> None:
    logs = replace(images, matrix=type(images.matrix)(images.expression().T), values="log")
    old = without(result, "denoiser.programmes")
    views = old.denoise(logs.select(others))
    assert (views >= 0).all() and views.shape == (len(others), images.n_pixels)


@pytest.mark.parametrize(
    ("prefix", "sentence"),
    [
        ("denoiser.programmes", "before genes outside the model could be denoised: fit again"),
        ("denoiser.own", "the result's weights cannot be read"),
    ],
)
def test_weights_that_lack_something_get_a_sentence(
    result, images, others, prefix, sentence
) -> None:
    with pytest.raises(InputError, match=sentence):
        without(result, prefix).denoise(images.select(others))


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [(b"", "holds no weights, so no further genes can be denoised"), (b"no", "cannot be read")],
)
def test_weights_that_are_none_get_a_sentence(result, images, others, weights, sentence) -> None:
    with pytest.raises(InputError, match=sentence):
        replace(result, weights=weights).denoise(images.select(others))


def test_results_of_old_embed_genes_by_roots_as_they_did(result, images, others) -> None:
    old = without(result, "views.")
    some = images.select(others[:8])
    basis, scale = (load(result.weights)[f"denoiser.{name}"].numpy() for name in ("basis", "scale"))
    roots = stabilise(some)
    network = MaskedAutoencoder(
        make_tokens(images.grid), load(result.weights)["network.basis"], result.config.network
    )
    network.load_state_dict(named(load(result.weights), "network."))
    views = Views.of(roots, regress(roots, basis, scale))
    np.testing.assert_allclose(old.embed(some), embed_views(network, views, CPU), atol=1e-5)
    assert not np.allclose(old.embed(some), result.embed(some), atol=1e-2)


def test_values_that_are_no_counts_cannot_be_embedded_beside_counts(result, images, others) -> None:
    logs = replace(images, matrix=type(images.matrix)(images.expression().T), values="log")
    with pytest.raises(
        InputError, match="was fitted to counts, and these values are not counts: open"
    ):
        result.embed(logs.select(others))


def test_genes_are_added_beside_the_modelled_ones(result, images, others) -> None:
    some = images.select(others[:3])
    steps: list[tuple[int, int]] = []
    added = extend(result, some, lambda *at: steps.append(at))
    assert steps == [(3, 3)]
    assert list(added.gene_names) == list(some.gene_names)
    np.testing.assert_array_equal(added.embedding, result.embed(some))
    np.testing.assert_array_equal(added.denoised, result.denoise(some).astype(np.float16))


def test_a_request_holds_all_that_is_needed(result, images, others) -> None:
    some = images.select(others[:2])
    asked, weights, config = unpack_extension(*pack_extension(some, result.weights, result.config))
    (part,) = denoise_and_embed(weights, config, asked)
    added = result.extend(some).added
    np.testing.assert_array_equal(part.embedding, added.embedding)
    np.testing.assert_array_equal(part.denoised, added.denoised)


def test_what_is_there_already_stays_and_the_rest_follows(result, images, others) -> None:
    first = result.extend(images.select(others[[4, 2]]))
    second = first.extend(images)
    assert second.added.n_genes == len(others)
    assert list(second.added.gene_names[:2]) == list(images.gene_names[others[[4, 2]]])
    np.testing.assert_array_equal(second.added.denoised[:2], first.added.denoised)
    assert second.denoised is result.denoised and second.membership is result.membership
    modelled = images.select(images.index([str(result.gene_names[0])]))
    assert result.extend(modelled).added is None


def test_added_embeddings_lie_where_genes_of_their_pattern_do(
    result, images, others, tissue
) -> None:
    added = result.extend(images.select(others)).added
    pattern = tissue.var["pattern"]
    ours, theirs = pattern[result.gene_names].to_numpy(), pattern[added.gene_names].to_numpy()
    near, far = (
        z / np.linalg.norm(z, axis=1, keepdims=True) for z in (result.embedding, added.embedding)
    )
    nearest = (far @ near.T).argmax(axis=1)
    chance = max(np.mean(ours == each) for each in np.unique(ours))
    assert np.mean(ours[nearest] == theirs) > chance + 0.2


def test_a_gene_without_expression_and_other_pixels_are_refused(result, images, others) -> None:
    matrix = images.matrix.tolil()
    matrix[:, others[0]] = 0
    silent = replace(images, matrix=type(images.matrix)(matrix))
    name = images.gene_names[others[0]]
    with pytest.raises(InputError, match=f"the gene {name} has no expression"):
        result.extend(silent.select(others[:2]))
    elsewhere: SGEPImages = rasterize(simulate(seed=1, genes=20, clusters=2, platform="st"))
    for ask in (result.denoise, result.extend, result.embed):
        with pytest.raises(InputError, match="another tissue grid"):
            ask(elsewhere)
