import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from benchmarks.quality.methods import Answer
from benchmarks.quality.settings import Settings
from benchmarks.quality.tasks import biology
from darlc.images.grid import Grid
from darlc.images.sgep_images import SGEPImages


@pytest.fixture
def images():
    """Two genes in the left half and two in the right half of an 8 × 10 tissue."""
    left = np.zeros((8, 10), dtype=np.float32)
    left[:, :5] = 4.0
    stack = np.stack([left, left + 1, 4 - left, 5 - left]).reshape(4, -1)
    return SGEPImages(
        matrix=sparse.csc_array(stack.T),
        grid=Grid(np.ones((8, 10), dtype=bool), np.eye(3)),
        gene_names=np.array(list("abcd")),
        observation_pixel=np.arange(80),
    )


def test_eta_squared_is_the_share_between_regions():
    regions = np.repeat([0, 1, 2], [4, 3, 5])
    random = np.random.default_rng(0)
    noise = random.normal(size=12)
    step = np.array([1.0, -2.0, 5.0])[regions]
    mixed = step + noise
    within = sum(((mixed[regions == r] - mixed[regions == r].mean()) ** 2).sum() for r in range(3))
    expected = 1 - within / ((mixed - mixed.mean()) ** 2).sum()
    found = biology.eta_squared(np.stack([step, mixed, np.ones(12)]), regions)
    np.testing.assert_allclose(found, [1.0, expected, 0.0], atol=1e-12)


def test_consensus_of_clusters_finds_the_halves(images):
    pattern = biology.patterns(Answer(np.array([3, 3, -1, 7])), images)
    assert pattern.shape == (2, 80)
    np.testing.assert_allclose(pattern.mean(axis=1), 0, atol=1e-5)
    highest = pattern.argmax(axis=0).reshape(8, 10)
    assert (highest[:, :5] == 0).all() and (highest[:, 5:] == 1).all()


def test_regions_that_clusters_tell_apart_agree(images):
    regions = pd.Series(np.where(np.arange(80) % 10 < 5, "west", "east")).astype(object)
    regions[3] = None
    tissue = biology.RealTissue(images, images.gene_names, 2, regions)
    table = biology.Table("regions", ("dataset", "method", "ARI", "NMI", "eta squared", "regions"))
    answers = {"one": Answer(np.array([0, 0, 1, 1]))}
    biology.locate(table, "tissue", tissue, regions, answers)
    row, smooth = table.rows
    assert (row["method"], smooth["method"]) == ("one", "one, regions")
    assert row["ARI"] == pytest.approx(1.0)
    assert smooth["ARI"] > 0.5, "the border alone is moved"
    assert row["eta squared"] > 0.8
    assert row["regions"] == 2


def test_missing_data_are_rows(tmp_path):
    sets, pairs, regions = biology.run(Settings(data=tmp_path, out=tmp_path, subset=True))
    assert len(sets.rows) == len(biology.COLLECTIONS) + len(biology.SUBSET)
    assert len(pairs.rows) == len(regions.rows) == len(biology.SUBSET)
    assert all(row["note"] for table in (sets, pairs, regions) for row in table.rows)
