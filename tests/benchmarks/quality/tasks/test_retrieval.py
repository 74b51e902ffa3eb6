import numpy as np
import pytest

from benchmarks.quality.settings import DATA, Settings, Unavailable
from benchmarks.quality.tasks import retrieval
from darlc.images.statistics import standardised


def brute_precision(order, mates):
    """Average precision of one query: answers in order, and which are right."""
    right = [answer in mates for answer in order]
    return sum(sum(right[: i + 1]) / (i + 1) for i in range(len(right)) if right[i]) / len(mates)


def test_retrieval_agrees_with_brute_force():
    random = np.random.default_rng(0)
    gene = np.array(list("aabbbcdde"))
    z = random.normal(size=(len(gene), 3))
    first, found, precision = retrieval.retrieval(z, gene, depth=2)
    unit = z / np.linalg.norm(z, axis=1, keepdims=True)
    for i in range(len(gene)):
        others = [j for j in range(len(gene)) if j != i]
        order = sorted(others, key=lambda j: -(unit[i] @ unit[j]))
        mates = {j for j in others if gene[j] == gene[i]}
        if not mates:
            assert (first[i], found[i], precision[i]) == (False, False, 0.0)
            continue
        assert first[i] == (order[0] in mates)
        assert found[i] == bool(mates & set(order[:2]))
        assert precision[i] == pytest.approx(brute_precision(order, mates))


def test_retrieval_is_perfect_for_equal_mates_and_does_not_see_lengths():
    gene = np.repeat(["a", "b", "c"], 4)
    z = np.repeat(np.eye(3), 4, axis=0) * np.random.default_rng(0).uniform(1, 9, (12, 1))
    first, found, precision = retrieval.retrieval(z, gene)
    assert first.all() and found.all()
    np.testing.assert_allclose(precision, 1.0)


def test_a_missing_embedding_is_like_nothing():
    gene = np.array(["a", "a", "b", "b"])
    z = np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [np.nan, np.nan]])
    first, _, _ = retrieval.retrieval(z, gene)
    assert first[:2].all() and np.isfinite(first).all()


def test_co_clustering_counts_pairs():
    gene = np.array(["a", "a", "b", "b", "c"])
    labels = np.array([0, 0, 0, 1, 1])
    # Of two same-gene pairs one is together; of ten pairs, four.
    assert retrieval.co_clustering(labels, gene) == pytest.approx((1 / 2) / (4 / 10))
    # An image that no cluster holds is together with none.
    assert retrieval.co_clustering(np.array([0, 0, 1, -1, -1]), gene) == pytest.approx(0.5 / 0.1)
    assert np.isnan(retrieval.co_clustering(np.arange(5), gene))


def test_tuning_half_keeps_a_gene_together():
    gene = np.repeat([f"g{i}" for i in range(20)], 3)
    half = retrieval.tuning_half(gene)
    assert half.sum() == 30
    assert not set(gene[half]) & set(gene[~half])


def test_a_missing_stack_is_a_row(tmp_path):
    with pytest.raises(Unavailable, match=r"bdgp_ish\.npz"):
        retrieval.load(tmp_path)
    (table,) = retrieval.run(Settings(data=tmp_path, out=tmp_path))
    assert "bdgp_ish.npz" in table.rows[0]["method"]


@pytest.mark.real_data
def test_floor_of_raw_pixels():
    images, gene = retrieval.load(DATA)
    first, found, precision = retrieval.retrieval(standardised(images.measured()), gene)
    _, inverse, count = np.unique(gene, return_inverse=True, return_counts=True)
    asking = count[inverse] > 1
    assert len(np.unique(images.gene_names)) == images.n_genes == 852
    assert asking.sum() == 704
    figures = (first[asking].mean(), found[asking].mean(), precision[asking].mean())
    assert figures == pytest.approx((0.389, 0.646, 0.303), abs=5e-4)


def test_run_writes_a_row_a_method(tmp_path, monkeypatch):
    random = np.random.default_rng(0)
    shapes = random.random((4, 6, 8))
    gene = np.repeat(["a", "b", "c", "d"], 12)
    stack = np.repeat(shapes, 12, axis=0) + 0.1 * random.random((48, 6, 8))
    np.savez(tmp_path / "bdgp_ish.npz", images=stack, mask=np.ones((6, 8), bool), gene=gene)
    monkeypatch.setattr(retrieval, "CLUSTERS", 4)
    chosen = {k: v for k, v in retrieval.methods(Settings()).items() if not k.startswith("ours")}
    monkeypatch.setattr(retrieval, "methods", lambda settings: chosen)
    table, bound = retrieval.run(Settings(data=tmp_path, out=tmp_path / "out"))
    assert table.values("method") == list(chosen)
    assert table.numbers("mAP", method="raw pixels")[0] == pytest.approx(1.0)
    assert table.numbers("co-clustering ratio", method="raw pixels")[0] > 3.5
    assert (tmp_path / "out" / "retrieval.csv").exists()
    together = bound.numbers("recall@10 of any so far")
    assert np.all(np.diff(together) >= 0)
    assert np.all(together >= np.array(bound.numbers("recall@10")))
