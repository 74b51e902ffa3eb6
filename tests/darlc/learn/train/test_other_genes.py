"""Genes that draw no patterns are answered like those that do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import adjusted_rand_score

from darlc.config import Config
from darlc.events import Finished
from darlc.images.selection import fewest_pixels
from darlc.images.sgep_images import SGEPImages
from darlc.learn.train.run import train
from darlc.results.result import Result

#: Of the 160 genes that there are, and genes with molecules in too few pixels.
DRAWING, RARE = 80, 3


def fitted(images: SGEPImages, config: Config) -> Result:
    *_, last = train(images, config)
    assert isinstance(last, Finished)
    return last.result


def right(result: Result, pattern: np.ndarray, named_by: np.ndarray) -> np.ndarray:
    """Return whose (G,) pattern is the most frequent one of some genes (G,) in the same cluster."""
    kinds, kind = np.unique(pattern, return_inverse=True)
    votes = np.zeros((result.n_clusters, len(kinds)))
    np.add.at(votes, (result.cluster[named_by], kind[named_by]), 1)
    found: np.ndarray = votes.argmax(axis=1)[result.cluster] == kind
    return found


@pytest.fixture(scope="module")
def with_rare(images) -> SGEPImages:
    """The tissue with genes that one pixel fewer than enough express."""
    few = sparse.lil_array((images.n_pixels, RARE))
    few[: fewest_pixels(images) - 1] = 1.0
    return replace(
        images,
        matrix=sparse.hstack([images.matrix, few.tocsc()]).tocsc().astype(np.float32),
        gene_names=np.append(images.gene_names, [f"rare{i}" for i in range(RARE)]),
    )


@pytest.fixture(scope="module")
def small(config) -> Config:
    return config.replace(genes=DRAWING, denoise=replace(config.denoise, epochs=20))


@pytest.fixture(scope="module")
def result(with_rare, small) -> Result:
    return fitted(with_rare, small)


@pytest.fixture(scope="module")
def pattern(tissue, result) -> np.ndarray:
    return tissue.var["pattern"][result.gene_names].to_numpy()


def test_every_gene_with_enough_molecules_is_in_the_result(result, with_rare) -> None:
    enough = np.diff(with_rare.matrix.indptr) >= fewest_pixels(with_rare)
    assert list(result.gene_names) == list(with_rare.gene_names[enough]), "in the data's order"
    assert result.drawing.sum() == DRAWING
    assert not np.char.startswith(result.gene_names, "rare").any()
    assert any(f"{RARE} genes left out" in note for note in result.notes), result.notes
    for array in (result.embedding, result.membership, result.denoised[:]):
        assert len(array) == result.n_genes and np.isfinite(array).all()
    np.testing.assert_allclose(result.membership.sum(axis=1), 1.0, atol=1e-5)


def test_they_get_the_cluster_of_their_pattern(result, pattern) -> None:
    ours, theirs = result.drawing, ~result.drawing
    assert theirs.sum() > 30
    assert adjusted_rand_score(pattern[ours], result.cluster[ours]) > 0.85
    # The pattern that a cluster stands for is that of the genes that drew it.
    assert right(result, pattern, ours)[theirs].mean() > 0.85


def test_confidence_does_not_depend_on_who_drew(result, pattern) -> None:
    """Said as often right as is true of both kinds, within what so few genes can show."""
    answers = right(result, pattern, np.ones(result.n_genes, dtype=bool))
    for kind in (result.drawing, ~result.drawing):
        allowed = 3 * np.sqrt(0.25 / kind.sum())
        assert abs(result.confidence[kind].mean() - answers[kind].mean()) < allowed


def test_they_change_nothing_for_the_others(result, with_rare, small) -> None:
    ours = with_rare.index(list(result.gene_names[result.drawing]))
    alone = with_rare.select(ours)  # its library is that of all genes
    again = fitted(alone, small)
    np.testing.assert_array_equal(again.embedding, result.embedding[result.drawing])
    np.testing.assert_array_equal(again.membership, result.membership[result.drawing])
    np.testing.assert_allclose(again.consensus(), result.consensus(), rtol=1e-4, atol=1e-5)


def test_a_copy_of_a_drawing_gene_is_like_it(images, small, tissue) -> None:
    """Left out of the patterns, it sees one gene more in them than the original is scored by."""
    chosen = fitted(images, small)
    copied = images.index(list(chosen.gene_names[chosen.drawing][:10]))
    both = replace(
        images,
        matrix=sparse.hstack([images.matrix, images.matrix[:, copied]]).tocsc(),
        gene_names=np.append(images.gene_names, [f"copy{i}" for i in range(10)]),
    )
    # Copies must not draw: their originals are asked for by name, and there is room for no more.
    config = small.replace(include=tuple(chosen.gene_names[chosen.drawing]))
    result = fitted(both, config)
    row = {name: i for i, name in enumerate(result.gene_names)}
    ours = [row[str(images.gene_names[each])] for each in copied]
    theirs = [row[f"copy{i}"] for i in range(10)]
    assert result.drawing[ours].all() and not result.drawing[theirs].any()
    assert np.mean(result.cluster[ours] == result.cluster[theirs]) >= 0.9
    np.testing.assert_allclose(result.embedding[theirs], result.embedding[ours], atol=1e-3)
    np.testing.assert_allclose(result.denoised[theirs], result.denoised[ours], atol=1e-3)


def test_also_without_counts(images, small, tissue) -> None:
    logs = replace(
        images,
        matrix=sparse.csc_array(images.expression().T.astype(np.float32)),
        values="log",
    )
    result = fitted(logs, small)
    pattern = tissue.var["pattern"][result.gene_names].to_numpy()
    theirs = ~result.drawing
    assert theirs.sum() > 30 and np.isfinite(result.membership).all()
    assert result.denoised.factors.link == "identity"
    assert right(result, pattern, result.drawing)[theirs].mean() > 0.6
