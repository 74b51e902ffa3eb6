"""Genes of a result are found by name, and those that it does not hold have flat views."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from darlc.errors import InputError
from darlc.images.grid import Grid
from darlc.images.sgep_images import rasterize
from darlc.results.gene_rows import flat_views, rows_of


def test_rows_are_found_by_name(result) -> None:
    images = rasterize(result.adata)
    rows = rows_of(result, images)
    assert rows[12:].tolist() == [-1, -1] and sorted(rows[:12]) == list(range(12))
    assert list(result.gene_names[rows[:12]]) == list(images.gene_names[:12])
    some = images.select(np.array([13, 4]))
    assert rows_of(result, some).tolist() == [-1, rows[4]]


def test_images_of_other_pixels_are_refused(result) -> None:
    images = rasterize(result.adata)
    mask = images.grid.mask.copy()
    mask[0, 0] = False
    other = replace(images, grid=Grid(mask, images.grid.affine))
    with pytest.raises(InputError, match="another tissue grid"):
        rows_of(result, other)


def test_flat_views_have_the_level_of_the_gene(result) -> None:
    images = rasterize(result.adata)
    some = images.select(np.array([2, 12]))
    views = flat_views(some)
    assert views.shape == (2, images.n_pixels) and views.dtype == np.float32
    assert not np.ptp(views, axis=1).any()
    # The rate that all molecules together have, at the median library.
    total = np.asarray(some.matrix.sum(axis=0)).ravel()
    rate = np.median(images.library) * total / images.library.sum()
    np.testing.assert_allclose(np.expm1(views[:, 0]), rate, rtol=1e-4)


def test_flat_views_of_other_values_are_their_means(result) -> None:
    images = rasterize(result.adata)
    logs = replace(images, matrix=type(images.matrix)(images.expression().T), values="log")
    np.testing.assert_allclose(
        flat_views(logs)[:, 0], images.expression().mean(axis=1), rtol=1e-4, atol=1e-6
    )


def test_views_of_any_genes(result) -> None:
    images = rasterize(result.adata)
    views = replace(result, weights=b"").denoise(images.select(np.array([13, 4, 1])))
    rows = rows_of(result, images)
    np.testing.assert_array_equal(views[1:], result.denoised[rows[[4, 1]]])
    np.testing.assert_array_equal(views[:1], flat_views(images.select(np.array([13]))))


def test_extending_is_of_before(result) -> None:
    with pytest.deprecated_call(match="every gene with enough molecules has an answer"):
        assert result.extend(rasterize(result.adata)) is result
