import numpy as np
import pytest

from benchmarks.quality.settings import DATA
from benchmarks.quality.tasks.retrieval import load, retrieval
from benchmarks.quality.tasks.retrieval_bound import metrics, whitened


def test_whitening_keeps_a_power_of_the_singular_values():
    values = np.random.default_rng(0).normal(size=(90, 80)) * np.linspace(0.1, 2.0, 80)
    scale = np.linalg.svd(values - values.mean(axis=0), compute_uv=False)
    z = whitened(values)
    np.testing.assert_allclose(np.linalg.norm(z, axis=0), scale[:60] ** 0.3, rtol=1e-6)
    np.testing.assert_allclose(z.T @ z, np.diag(scale[:60] ** 0.6), atol=1e-6)


@pytest.mark.real_data
def test_all_metrics_together_do_not_find_a_mate_for_every_embryo():
    images, gene = load(DATA)
    _, inverse, count = np.unique(gene, return_inverse=True, return_counts=True)
    asking = count[inverse] > 1
    found = {name: retrieval(whitened(v), gene)[1][asking] for name, v in metrics(images)}
    best = max(float(one.mean()) for one in found.values())
    together = float(np.any(list(found.values()), axis=0).mean())
    assert best == pytest.approx(0.722, abs=0.005)
    assert together == pytest.approx(0.800, abs=0.005)
