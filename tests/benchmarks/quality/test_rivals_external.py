import sys

import numpy as np
import pytest

from benchmarks.quality import rivals_external
from benchmarks.quality.settings import Unavailable
from darlc.images.sgep_images import rasterize
from darlc.metrics import adjusted_rand
from darlc.simulation.tissue import simulate


@pytest.fixture(scope="module")
def tissue():
    """Deep counts of 120 genes that follow five patterns, and the truth."""
    adata = simulate(seed=3, genes=120, clusters=5, depth=3000.0)
    return rasterize(adata), adata.var["pattern"].to_numpy()


def test_nearest_prefers_k_then_merit():
    counts = np.array([4, 9, 11, 20])
    merit = np.array([9.0, 0.1, 0.5, 9.0])
    assert rivals_external.nearest_setting(counts, 10, merit) == 2
    assert rivals_external.nearest_setting(counts, 4, merit) == 0
    # None is within a tenth of 15: the nearest are those that lie closest.
    assert rivals_external.nearest_setting(counts, 15, merit) == 2
    assert rivals_external.nearest_setting(counts, 16, merit) == 3


def test_labels_are_renumbered_without_gaps():
    labels = rivals_external.renumbered(np.array([7, -1, 3, 7, 12]))
    np.testing.assert_array_equal(labels, [1, -1, 0, 1, 2])


@pytest.mark.parametrize(
    ("rival", "module", "package"),
    [
        (rivals_external.hotspot, "hotspot", "hotspotsc"),
        (rivals_external.hotspot_kmeans, "hotspot", "hotspotsc"),
        (rivals_external.smoothie, "smoothie", "smoothie-st"),
    ],
)
def test_a_missing_package_is_said(rival, module, package, tissue, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    rivals_external.local_correlations.cache_clear()
    with pytest.raises(Unavailable, match=package):
        rival(tissue[0], 5, 0)


def test_kmeans_needs_k(tissue):
    with pytest.raises(Unavailable, match="needs K"):
        rivals_external.hotspot_kmeans(tissue[0], None, 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rival", "module"),
    [
        (rivals_external.hotspot, "hotspot"),
        (rivals_external.hotspot_kmeans, "hotspot"),
        (rivals_external.smoothie, "smoothie"),
    ],
)
def test_rivals_recover_an_easy_tissue(rival, module, tissue):
    pytest.importorskip(module)
    images, truth = tissue
    answer = rival(images, 5, 0)
    assigned = answer.labels >= 0
    assert answer.labels.shape == (images.n_genes,)
    assert assigned.mean() > 0.5
    assert abs(answer.n_clusters - 5) <= 3
    assert adjusted_rand(truth[assigned], answer.labels[assigned]) > 0.5
