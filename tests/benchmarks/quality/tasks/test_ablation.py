from unittest import mock

import numpy as np
import pytest
import torch
from scipy import sparse

from benchmarks.quality.methods import configure
from benchmarks.quality.settings import Settings
from benchmarks.quality.tables import Table
from benchmarks.quality.tasks import ablation
from darlc.images.grid import Grid
from darlc.images.sgep_images import SGEPImages
from darlc.learn.encode import losses
from darlc.metrics import adjusted_rand

TINY = {
    "denoise": {"epochs": 4},
    "network": {"width": 16, "depth": 1, "embedding": 6},
    "mixture": {"restarts": 2, "moves": 1},
    "train": {"pretrain_epochs": 1, "joint_epochs": 1},
}
PATCHED = [variant for variant in ablation.VARIANTS if variant.patches]


def name(variant):
    return variant.name


@pytest.fixture(scope="module")
def images():
    """Counts of 60 genes that follow four quarters of a small tissue."""
    random = np.random.default_rng(0)
    rows, columns = np.indices((12, 14)).reshape(2, -1)
    quarter = 2 * (rows < 6) + (columns < 7)
    rate = np.where(quarter[:, None] == np.arange(60) % 4, 6.0, 1.0)
    return SGEPImages(
        matrix=sparse.csc_array(random.poisson(rate).astype(np.float32)),
        grid=Grid(np.ones((12, 14), dtype=bool), np.eye(3)),
        gene_names=np.array([f"gene{i}" for i in range(60)]),
        observation_pixel=np.arange(168),
    )


def tiny(variant):
    """Return a variant in its smallest form: the variant's own settings come last."""
    changes = {part: dict(values) for part, values in TINY.items()}
    for part, values in variant.changes.items():
        changes[part] = {**changes.get(part, {}), **values}
    return ablation.Variant(variant.name, changes, variant.patches)


@pytest.mark.parametrize("variant", PATCHED, ids=name)
def test_every_stand_in_is_used(variant, images):
    """A stand-in that the engine passes by would make its row a copy of the full model's."""
    spies = tuple((place, mock.Mock(side_effect=one)) for place, one in variant.patches)
    watched = ablation.Variant(variant.name, variant.changes, spies)
    answer = tiny(watched).method(Settings(), 0.0)(images, 4, 0)
    assert all(spy.called for _, spy in spies)
    assert answer.labels.shape == (60,)
    assert np.isfinite(answer.embedding).all()


@pytest.mark.parametrize("variant", ablation.VARIANTS, ids=name)
def test_every_variant_differs_from_the_full_model(variant):
    full = configure("standard", 4, 0, 60, {})
    changed = configure("standard", 4, 0, 60, variant.changes)
    assert (changed != full) != bool(variant.patches) or variant.name == ablation.FULL


def test_stand_ins_are_in_place_only_while_a_variant_runs():
    variant = ablation.Variant(
        "off", patches=(("darlc.learn.encode.losses.pace", ablation.unpaced),)
    )
    before = losses.pace
    with variant.off():
        assert losses.pace is ablation.unpaced
    assert losses.pace is before


def test_gaussian_view_is_the_smoothed_gene(images):
    config = ablation.DenoiseConfig(epochs=2)
    denoiser = ablation.GaussianDenoiser(images, config, 0, torch.device("cpu"))
    assert len(list(denoiser.fit())) == 1
    denoiser.finish()
    flat = np.ones((1, images.n_pixels), dtype=np.float32)
    np.testing.assert_allclose(denoiser.denoise(flat), 1.0, rtol=1e-5)
    gram = denoiser.basis.T @ denoiser.basis
    np.testing.assert_allclose(gram, np.eye(len(gram)), atol=1e-4)


def test_hard_mixture_is_k_means():
    random = np.random.default_rng(0)
    centres = np.array([[0.0, 0.0], [8.0, 0.0], [0.0, 8.0]])
    truth = np.repeat([0, 1, 2], 30)
    x = centres[truth] + random.normal(size=(90, 2))
    mixture = ablation.HardMixture(3, scale="tied", n_init=3, dof_min=30.0).fit(x)
    membership = mixture.predict_proba(x)
    assert set(np.unique(membership)) == {0.0, 1.0}
    assert adjusted_rand(truth, membership.argmax(axis=1)) == 1.0
    moved = mixture.refine(x + 0.5).predict_proba(x + 0.5)
    np.testing.assert_array_equal(moved, membership)


def test_indifferent_contrast_does_not_see_memberships():
    torch.manual_seed(0)
    online, target = torch.randn(6, 4), torch.randn(6, 4)
    together = torch.ones(6, 1)
    expected = losses.contrastive(online, target, 0.2)
    torch.testing.assert_close(ablation.indifferent(online, target, 0.2, together), expected)
    assert not torch.isclose(losses.contrastive(online, target, 0.2, together), expected)


def test_unpaced_weighs_all_alike():
    confidence = torch.tensor([0.1, 0.9])
    torch.testing.assert_close(ablation.unpaced(confidence, 0.1), torch.ones(2))


def test_summary_pairs_fits_with_the_full_model():
    fits = Table(
        "fits", ("variant", "count weight", "dataset", "seed", "score", "seconds"), quiet=True
    )
    scores = {(ablation.FULL, "a"): (0.5, 0.7), (ablation.FULL, "m"): (0.3, 0.1)}
    scores |= {("off", "a"): (0.4, 0.5), ("off", "m"): (0.1, 0.1)}
    for (variant, dataset), pair in scores.items():
        for seed, score in enumerate(pair):
            row = {"variant": variant, "count weight": 0.0, "dataset": dataset, "seed": seed}
            fits.append({**row, "score": score, "seconds": 1.0})

    def case(dataset):
        return ablation.ClusteringTask(dataset, None, 3, float)

    row = ablation.summarise(fits, "off", 0.0, [case("a")], [case("m")])
    assert row["ARI"] == pytest.approx(0.45)
    assert row["ARI − full"] == pytest.approx(-0.15)
    # Differences −0.1 and −0.2: their deviation over the root of two.
    assert row["standard error"] == pytest.approx(0.05)
    assert row["held-out bulb"] == pytest.approx(0.1)
    assert row["bulb − full"] == pytest.approx(-0.1)
    assert row["fits"] == 2


def test_missing_bulb_is_a_row(tmp_path):
    table = Table("ablation", ("variant", "note"))
    assert ablation.real_cases(Settings(data=tmp_path), table) == []
    assert "mob" in table.rows[0]["note"]
