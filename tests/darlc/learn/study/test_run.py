"""Several sections fitted together: known clusters, known changes."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

import darlc
from darlc.config import Config, DenoiseConfig, MixtureConfig, TrainConfig
from darlc.errors import InputError
from darlc.events import AtSection, Finished, StudyFinished
from darlc.learn.study.run import train_study
from darlc.results.study import StudyResult

_CONFIG = Config(
    clusters=3,
    device="cpu",
    denoise=DenoiseConfig(epochs=4),
    mixture=MixtureConfig(restarts=4, moves=4),
    train=TrainConfig(pretrain_epochs=1, joint_epochs=1),
)


@pytest.fixture(scope="module")
def study() -> dict:
    """Two sections, the second with genes that the first lacks, in another order."""
    made = darlc.simulate_study(
        1, sections=2, genes=80, clusters=3, depth=2000, platforms="st", changed=0.15
    )
    first, second = made.values()
    return {"one": first[:, :72].copy(), "two": second[:, ::-1].copy()}


@pytest.fixture(scope="module")
def events(study) -> list:
    images = {name: darlc.rasterize(adata) for name, adata in study.items()}
    return list(train_study(images, _CONFIG))


@pytest.fixture(scope="module")
def result(events) -> StudyResult:
    assert isinstance(events[-1], StudyFinished)
    return events[-1].result


def test_genes_have_their_cluster_and_changes_are_found(study, result) -> None:
    truth = study["two"].var.loc[result.gene_names]
    constant = ~truth["changed"].to_numpy()
    here = truth["pattern"].astype(str).to_numpy()
    assert adjusted_rand_score(here[constant], result.cluster[constant]) > 0.9
    second = result.section_membership[1].argmax(axis=1)
    assert adjusted_rand_score(here, second) > 0.9
    measured = np.isin(result.gene_names, study["one"].var_names)
    lowest = np.nanmin(result.keeps, axis=1)
    changed = ~constant & measured
    assert (lowest[changed] < 0.5).mean() > 0.7
    assert (lowest[constant] < 0.5).mean() < 0.05
    assert abs(1 - result.constancy - 0.15) < 0.08


def test_what_each_section_says_alone_is_kept(study, result) -> None:
    for s, adata in enumerate(study.values()):
        here = adata.var["pattern"].astype(str).reindex(result.gene_names)
        known = here.notna().to_numpy()
        alone = result.evidence[s].argmax(axis=1)
        assert adjusted_rand_score(here[known], alone[known]) > 0.85
        assert np.isfinite(result.evidence[s]).all() and (result.evidence[s] <= 0).all()
        np.testing.assert_allclose(result.evidence[s][~known], 0.0, atol=1e-4)


def test_a_gene_that_a_section_lacks_is_answered_by_the_other(study, result) -> None:
    lacking = ~np.isin(result.gene_names, study["one"].var_names)
    assert lacking.sum() == 8
    assert np.isnan(result.keeps[lacking, 0]).all() and (result.molecules[lacking, 0] == 0).all()
    assert np.isfinite(result.keeps[:, 1]).all()
    assert np.isin(result.gene_names[lacking], result.section("two").gene_names).all()
    assert not np.isin(result.gene_names[lacking], result.section("one").gene_names).any()
    said = [" ".join(each.notes) for each in result.sections]
    assert "8 genes of the 80 of all sections were not measured here: gene" in said[0]
    assert "not measured" not in said[1]


def test_results_of_sections_are_ordinary_ones_of_their_own_data(study, result) -> None:
    for name, adata in study.items():
        section = result.section(name)
        images = darlc.rasterize(adata)
        assert section.fingerprint == images.fingerprint and section.stage == "assign"
        rows = [list(result.gene_names).index(gene) for gene in section.gene_names]
        np.testing.assert_array_equal(section.membership, result.membership[rows])
        assert section.denoised[:3].shape == (3, images.n_pixels)
        assert np.isfinite(section.embedding).all()


def test_events_say_which_section_they_are_of(events) -> None:
    at = [event for event in events if isinstance(event, AtSection)]
    assert [each.name for each in at] == ["", "one", "two", "", "one", "two"]
    assert [each.part for each in at] == sorted(each.part for each in at)
    assert not any(isinstance(event, Finished) for event in events)


def test_the_same_seed_gives_the_same_study(study, result) -> None:
    images = {name: darlc.rasterize(adata) for name, adata in study.items()}
    *_, last = train_study(images, _CONFIG)
    np.testing.assert_array_equal(last.result.membership, result.membership)
    np.testing.assert_array_equal(last.result.keeps, result.keeps)
    for one, other in zip(last.result.sections, result.sections, strict=True):
        np.testing.assert_array_equal(one.embedding, other.embedding)


def test_one_section_gives_what_it_gives_alone(study) -> None:
    images = darlc.rasterize(study["one"])
    *_, alone = darlc.train(images, _CONFIG)
    *_, together = train_study({"one": images}, _CONFIG)
    section = together.result.section("one")
    np.testing.assert_array_equal(section.membership, alone.result.membership)
    np.testing.assert_array_equal(section.embedding, alone.result.embedding)
    assert (together.result.keeps == 1).all()


def test_values_that_are_no_counts_are_refused_by_the_sections_name(study) -> None:
    logs = study["two"].copy()
    logs.X = np.log1p(logs.X.toarray() / 7.0)
    images = {"one": darlc.rasterize(study["two"]), "log": darlc.rasterize(logs)}
    with pytest.raises(InputError, match="log"):
        list(train_study(images, _CONFIG))


def test_stopping_keeps_what_was_learnt(study) -> None:
    images = {name: darlc.rasterize(adata) for name, adata in study.items()}
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 8

    *_, last = train_study(images, _CONFIG, stop)
    assert isinstance(last, StudyFinished)
    assert all(each.stopped for each in last.result.sections)
    assert np.isfinite(last.result.membership).all()
