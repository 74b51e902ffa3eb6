"""Genes like a gene: clusters that are known, and names that are not quite right."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.errors import InputError
from darlc.explore.similar import find_gene, similar_genes, similar_to_set
from darlc.images.sgep_images import rasterize


@pytest.fixture
def ask(result):
    """Return what asks about a gene of the small tissue, with the result's arrays."""
    images = rasterize(result.adata)
    modelled = images.index([str(name) for name in result.gene_names])

    def ask(gene, n=20, embedding=result.embedding):
        return similar_genes(images, modelled, result.denoised, gene, n, embedding)

    return ask


@pytest.mark.parametrize("gene", [0, 5, 11])
def test_genes_of_the_same_stripe_come_first(ask, gene) -> None:
    found = ask(gene)
    assert found.by == "embedding" and gene not in found.genes and len(found.genes) == 11
    assert set(found.genes[:3] // 4) == {gene // 4}
    assert (np.diff(found.embedding) <= 0).all()
    assert found.embedding[2] > 0.9 > 0.3 > found.embedding[3]
    assert (found.denoised[:3] > 0.5).all() and (found.pixels[:3] > 0.5).all()


def test_the_numbers_are_what_they_say(ask, result) -> None:
    found = ask(6, n=3)
    images = rasterize(result.adata)
    names = list(result.gene_names)
    own, other = names.index("Gene6"), found.rows[1]
    assert result.gene_names[other] == images.gene_names[found.genes[1]]
    a, b = result.embedding[own].astype(float), result.embedding[other].astype(float)
    assert found.embedding[1] == pytest.approx(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
    views = result.denoised[:].astype(float)
    assert found.denoised[1] == pytest.approx(np.corrcoef(views[own], views[other])[0, 1], abs=1e-4)
    raw = images.expression([6, found.genes[1]])
    assert found.pixels[1] == pytest.approx(np.corrcoef(raw)[0, 1], abs=1e-4)


def test_a_gene_that_is_left_out_is_compared_by_its_smoothed_view(result) -> None:
    adata = result.adata.copy()
    counts = adata.X.toarray()
    # Left out of the model, but it follows the third stripe.
    counts[:, 13] = np.random.default_rng(0).poisson(np.where(adata.obs["region"] == "2", 3, 0.2))
    adata.X, adata.layers["counts"] = counts, counts
    images = rasterize(adata)
    modelled = images.index([str(name) for name in result.gene_names])
    found = similar_genes(images, modelled, result.denoised, 13, 20, result.embedding)
    assert found.by == "denoised" and np.isnan(found.embedding).all()
    assert len(found.genes) == 12 and set(found.genes[:4] // 4) == {2}
    assert (np.diff(found.denoised) <= 0).all()


def test_before_there_are_embeddings_denoised_views_rank(ask) -> None:
    found = ask(5, embedding=None)
    assert found.by == "denoised" and set(found.genes[:3] // 4) == {1}
    assert 5 not in found.genes


def test_genes_without_a_picture_come_last(result) -> None:
    images = rasterize(result.adata)
    modelled = images.index([str(name) for name in result.gene_names])
    views = result.denoised[:]
    views[2] = 1.0
    result.embedding[2] = 0.0
    gene = int(modelled[0])
    for embedding in (result.embedding, None):
        found = similar_genes(images, modelled, views, gene, 20, embedding)
        row = found.rows.tolist().index(2)
        assert found.denoised[row] == 0
        assert embedding is None or (row == 10 and np.isnan(found.embedding[row]))


def test_a_gene_without_expression_is_like_none(result) -> None:
    adata = result.adata.copy()
    counts = adata.X.toarray()
    counts[:, 13] = 0
    adata.X, adata.layers["counts"] = counts, counts
    images = rasterize(adata)
    modelled = images.index([str(name) for name in result.gene_names])
    with pytest.raises(InputError, match=r"^Gene13 does not vary over the tissue"):
        similar_genes(images, modelled, result.denoised, 13)


NAMES = np.array(["ENSG01", "ENSG02", "ENSG03"])
LABELS = np.array(["MBP", "MOBP", "PLP1"])


@pytest.mark.parametrize("typed", ["ENSG02", "ensg02", "MOBP", "mobp"])
def test_a_gene_is_found_by_name_and_label(typed) -> None:
    assert find_gene(typed, NAMES, LABELS) == 1


def test_close_names_are_offered() -> None:
    with pytest.raises(InputError, match=r"^MPB is not among the genes .* did you mean MBP\?$"):
        find_gene("MPB", NAMES, LABELS)
    with pytest.raises(InputError, match=r"check the spelling"):
        find_gene("qqqq", NAMES, LABELS)


def test_a_set_is_searched_like_a_gene(result) -> None:
    images = rasterize(result.adata)
    modelled = images.index([str(name) for name in result.gene_names])
    asked = images, modelled, result.denoised
    found = similar_to_set(*asked, np.array([4, 5]), 20, result.embedding)
    assert found.gene == -1 and found.by == "embedding" and len(found.genes) == 10
    assert set(found.genes[:2]) == {6, 7} and found.embedding[1] > 0.9 > 0.3 > found.embedding[2]
    assert (found.denoised[:2] > 0.5).all() and (found.pixels[:2] > 0.5).all()
    by_views = similar_to_set(*asked, np.array([4, 5]), 20)
    assert by_views.by == "denoised" and set(by_views.genes[:2]) == {6, 7}
    with pytest.raises(InputError, match="no gene of the set has an answer"):
        similar_to_set(*asked, np.array([13]))


def test_a_set_of_one_gene_is_that_gene(result) -> None:
    images = rasterize(result.adata)
    modelled = images.index([str(name) for name in result.gene_names])
    asked = images, modelled, result.denoised
    of_gene = similar_genes(*asked, 6, 20, result.embedding)
    of_set = similar_to_set(*asked, np.array([6]), 20, result.embedding)
    assert of_set.genes.tolist() == of_gene.genes.tolist()
    for name in ("embedding", "denoised", "pixels"):
        np.testing.assert_allclose(getattr(of_set, name), getattr(of_gene, name), atol=1e-5)


def test_a_set_of_flat_views_has_nothing_like_it(result) -> None:
    images = rasterize(result.adata)
    flat = np.full((2, images.n_pixels), 2.0, dtype=np.float32)
    with pytest.raises(InputError, match="do not vary over the tissue"):
        similar_to_set(images, np.array([0, 1]), flat, np.array([0, 1]))
