"""The run as a whole: known clusters found, every event in order, the same seed the same arrays."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_t
from sklearn.metrics import adjusted_rand_score

from darlc.config import Config, MixtureConfig
from darlc.errors import InputError, TrainingError
from darlc.events import (
    STAGES,
    Denoised,
    Estimated,
    Event,
    Finished,
    Losses,
    Memberships,
    Progress,
    Started,
)
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.learn.denoise.shrinkage import Shrinkage
from darlc.learn.encode import losses
from darlc.learn.encode.embedding import embed_others
from darlc.learn.train.run import train
from darlc.results.palette import NO_PATTERN, cluster_names
from darlc.results.result import Result
from darlc.simulation.tissue import simulate


def _fit(images: SGEPImages, config: Config, **kwargs) -> Result:
    *_, last = train(images, config, **kwargs)
    assert isinstance(last, Finished)
    return last.result


@pytest.fixture(scope="module")
def events(images, config) -> list[Event]:
    longer = dataclasses.replace(config.denoise, epochs=20)
    return list(train(images, config.replace(denoise=longer)))


@pytest.fixture(scope="module")
def fitted(images, config) -> Result:
    return _fit(images, config)


def test_finds_the_true_patterns(events, truth) -> None:
    result = events[-1].result
    assert adjusted_rand_score(truth, result.cluster) > 0.9
    assert result.stage == "assign"
    assert not result.stopped


def test_events_come_in_the_order_of_the_stages(events) -> None:
    assert isinstance(events[0], Estimated) and isinstance(events[1], Started)
    stages = [e.stage for e in events if isinstance(e, Progress)]
    assert [s for i, s in enumerate(stages) if i == 0 or stages[i - 1] != s] == list(STAGES)
    kinds = [type(e) for e in events]
    assert kinds.index(Denoised) < kinds.index(Memberships)
    joint = [e for e in events if isinstance(e, Losses) and e.stage == "joint"]
    assert set(joint[0].values) == {
        "masked",
        "contrastive",
        "kl",
        "likelihood",
        "balance",
        "counts",
        "total",
    }


def test_result_is_whole_and_finite(events, images) -> None:
    result = events[-1].result
    g, p = images.n_genes, images.n_pixels
    assert result.embedding.shape == (g, 6)
    assert result.denoised.shape == (g, p)
    np.testing.assert_allclose(result.membership.sum(axis=1), 1.0, atol=1e-5)
    for array in (result.embedding, result.membership, result.denoised[:]):
        assert np.isfinite(array).all()
    dof = result.mixture["dof"]
    assert np.isfinite(dof).all()
    assert dof.min() >= result.config.mixture.dof_min
    assert dof.max() <= result.config.mixture.dof_max
    assert set(result.timings) == set(STAGES)


def test_denoised_views_are_nearer_the_truth_than_raw_ones(events, images, tissue) -> None:
    result = events[-1].result
    pattern = tissue.var["pattern"].str.removeprefix("pattern").astype(int).to_numpy() - 1
    rate = tissue.obsm["patterns"][:, pattern] ** tissue.var["strength"].to_numpy()
    true = np.empty((images.n_genes, images.n_pixels))
    true[:, images.observation_pixel] = np.log1p(rate.T)

    def agreement(views: np.ndarray) -> float:
        a = views - views.mean(axis=1, keepdims=True)
        b = true - true.mean(axis=1, keepdims=True)
        # A gene that was found to be flat agrees with nothing.
        scale = np.maximum(np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1), 1e-9)
        return float(np.mean((a * b).sum(axis=1) / scale))

    assert agreement(result.denoised[:].astype(float)) > agreement(images.expression()) + 0.2


def test_same_seed_same_arrays_and_another_seed_differs(fitted, images, config) -> None:
    again, other = _fit(images, config), _fit(images, config.replace(seed=1))
    for name in ("embedding", "membership", "denoised"):
        np.testing.assert_array_equal(getattr(fitted, name), getattr(again, name))
    assert fitted.weights == again.weights
    assert not np.array_equal(fitted.embedding, other.embedding)


@pytest.mark.parametrize(("count_weight", "same"), [(1.0, True), (0.0, False)])
def test_only_counts_are_searched_from_the_linear_embedding(
    images, config, count_weight, same
) -> None:
    def found(pretrain_epochs: int) -> tuple[np.ndarray, np.ndarray]:
        training = dataclasses.replace(
            config.train, pretrain_epochs=pretrain_epochs, joint_epochs=0, learning_rate=0.02
        )
        # A third start would be at the trained embedding.
        mixture = dataclasses.replace(config.mixture, starts=2)
        wanted = config.replace(train=training, mixture=mixture, count_weight=count_weight)
        *events, last = train(images, wanted)
        start = [e for e in events if isinstance(e, Memberships) and e.stage == "search"]
        return start[-1].membership, last.result.embedding

    untrained, pretrained = found(0), found(3)
    assert not np.allclose(untrained[1], pretrained[1], atol=0.1)
    assert np.array_equal(untrained[0], pretrained[0]) == same


def test_stop_keeps_what_was_learned(images, config) -> None:
    seen: list[Event] = []

    def stop() -> bool:
        return any(isinstance(e, Memberships) for e in seen)

    for event in train(images, config, stop=stop):
        seen.append(event)
    result = seen[-1].result
    assert result.stopped
    assert result.stage == "pretrain"
    np.testing.assert_allclose(result.membership.sum(axis=1), 1.0, atol=1e-5)
    assert len(result.embed(images.select(np.arange(3)))) == 3


def test_stop_while_patterns_are_learnt_keeps_clusters(images, config, truth) -> None:
    seen: list[Event] = []

    def stop() -> bool:
        return any(isinstance(e, Losses) and "counts" in e.values for e in seen)

    for event in train(images, config, stop=stop):
        seen.append(event)
    result = seen[-1].result
    assert result.stopped
    assert result.stage == "search"
    assert len(result.history["joint/counts"]) == 1
    assert adjusted_rand_score(truth, result.cluster) > 0.8


def test_stop_at_once_still_leaves_clusters(images, config) -> None:
    result = _fit(images, config, stop=lambda: True)
    assert result.stopped
    assert result.stage == "rasterize"
    assert result.membership.shape[0] == images.n_genes


def test_embedding_a_modelled_gene_again_gives_its_embedding(images, events) -> None:
    result = events[-1].result
    some = images.select(np.arange(20))
    again = embed_others(result.weights, result.config.network, some)
    np.testing.assert_allclose(again, result.embedding[:20], atol=1e-4)
    np.testing.assert_array_equal(result.embed(some), result.embedding[:20])


def test_replacing_the_denoised_view_changes_the_result(
    fitted, images, config, monkeypatch
) -> None:
    monkeypatch.setattr(Shrinkage, "expected", lambda self, genes, factors: genes.measured())
    after = _fit(images, config)
    assert not np.allclose(fitted.embedding, after.embedding, atol=1e-2)


def test_beta_zero_is_the_mixture_alone(images, config) -> None:
    result = _fit(images, config.replace(count_weight=0.0))
    weight, dof = result.mixture["weight"], result.mixture["dof"]
    mean, factors = result.mixture["mean"], result.mixture["cholesky"]
    densities = [
        multivariate_t(mean[k], factors[k] @ factors[k].T, df=dof[k]) for k in range(len(weight))
    ]
    log_joint = np.column_stack(
        [np.log(weight[k]) + t.logpdf(result.embedding) for k, t in enumerate(densities)]
    )
    np.testing.assert_array_equal(log_joint.argmax(axis=1), result.cluster)


def test_values_that_are_no_counts_are_fitted_without_the_count_model(images, config) -> None:
    scaled = dataclasses.replace(images, matrix=(images.matrix * 1.37).tocsc(), values="normalised")
    assert _fit(scaled, config).n_clusters == 4


def test_nan_in_training_names_the_stage(images, config, monkeypatch) -> None:
    monkeypatch.setattr(losses, "masked_modelling", lambda output, *_: output.sum() * float("nan"))
    with pytest.raises(TrainingError, match="stage 'pretrain': the masked loss is not finite"):
        _fit(images, config)


def test_more_clusters_than_genes_are_refused(images, config) -> None:
    with pytest.raises(InputError, match="160 genes cannot be put into 200 clusters"):
        _fit(images, config.replace(clusters=200))


def test_clusters_are_chosen_by_themselves(config) -> None:
    tissue = simulate(seed=13, genes=240, clusters=6, depth=150.0, platform="st")
    settings = config.replace(clusters="auto", mixture=MixtureConfig(restarts=2, moves=6))
    result = _fit(rasterize(tissue), settings)
    objective = result.mixture["sweep_objective"]
    assert objective[0] < objective.max() - 1000, "two clusters are too few"
    # A gene that is like no other may be alone.
    assert 5 <= (np.bincount(result.cluster) >= 5).sum() <= 8
    patternless = result.cluster_names[-1] == NO_PATTERN
    assert result.cluster_names == cluster_names(result.n_clusters, patternless)
    truth = tissue.var.loc[result.gene_names, "pattern"].to_numpy()
    assert adjusted_rand_score(truth, result.cluster) > 0.8
    assert any("explain the counts best" in note for note in result.notes)


@pytest.mark.gpu
def test_a_gpu_agrees_with_the_cpu(images, config) -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device is at hand")
    cpu, other = _fit(images, config), _fit(images, config.replace(seed=1))
    gpu = _fit(images, config.replace(device="cuda"))
    seeds = adjusted_rand_score(cpu.cluster, other.cluster)
    assert adjusted_rand_score(cpu.cluster, gpu.cluster) >= seeds - 0.02
