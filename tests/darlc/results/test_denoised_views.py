"""Views are computed from factors: an array by rows, by a formula that anybody can write down."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from darlc.images.statistics import standardised
from darlc.results import denoised_views
from darlc.results.denoised_views import FLOOR, DenoisedViews, Factors, consensus_pattern

GENES, PIXELS, PROGRAMMES, CLUSTERS = 7, 40, 3, 4
RNG = np.random.default_rng(0)
FACTORS = Factors(
    programmes=RNG.normal(size=(PIXELS, PROGRAMMES)).astype(np.float32),
    # One gene without a pattern, and one that falls below the smallest rate in some pixels.
    coefficients=np.vstack(
        [
            0.2 * RNG.normal(size=(GENES - 2, PROGRAMMES)),
            np.zeros((1, PROGRAMMES)),
            np.full((1, PROGRAMMES), 2.0),
        ]
    ).astype(np.float32),
    mean=RNG.uniform(0.5, 9.0, GENES).astype(np.float32),
    share=np.zeros(GENES, dtype=np.float32),
)
RAW = RNG.gamma(1.0, 1.0, (GENES, PIXELS)).astype(np.float32)
SHARED = replace(FACTORS, share=np.linspace(0.0, 0.6, GENES, dtype=np.float32))
MEMBERSHIP = RNG.dirichlet([0.5] * CLUSTERS, GENES).astype(np.float32)
ROWS = [
    *(3, -1, np.int64(2), slice(None), slice(2, 5), slice(None, None, -2), slice(5, 5)),
    *([4, 0, 4], np.array([6, 1]), np.arange(GENES) % 3 == 0, np.array([], dtype=int)),
]


def by_hand(factors: Factors) -> np.ndarray:
    """Return views (G, P) by the formula, a gene and a pixel at a time."""
    views = np.empty((factors.n_genes, len(factors.programmes)))
    for g, p in np.ndindex(views.shape):
        along = float(factors.coefficients[g] @ factors.programmes[p])
        if factors.link == "identity":
            views[g, p] = max(factors.mean[g] + along, 0.0)
            continue
        rate = factors.mean[g] * max(1.0 + along, FLOOR)
        rate = (1 - factors.share[g]) * rate + factors.share[g] * np.expm1(RAW[g, p])
        views[g, p] = np.log1p(rate)
    return views


@pytest.mark.parametrize("factors", [FACTORS, SHARED, replace(FACTORS, link="identity")])
def test_views_are_the_formula(factors: Factors) -> None:
    views = DenoisedViews(factors, lambda rows: RAW[rows])
    np.testing.assert_allclose(views[:], by_hand(factors), rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(np.asarray(views), views[:])


@pytest.mark.parametrize("rows", ROWS, ids=str)
def test_rows_are_got_as_from_an_array(rows: object) -> None:
    views = DenoisedViews(SHARED, lambda rows: RAW[rows])
    whole = np.asarray(views)
    assert views.shape == whole.shape == (GENES, PIXELS) and len(views) == GENES
    assert views.dtype == whole.dtype == np.float32 and views.ndim == 2
    np.testing.assert_allclose(views[rows], whole[rows], rtol=1e-5)  # type: ignore[index]
    assert views[rows].shape == whole[rows].shape  # type: ignore[index]


def test_a_row_that_is_not_there_is_an_index_error() -> None:
    for rows in (GENES, -GENES - 1, [0, GENES], np.ones(GENES + 1, dtype=bool)):
        with pytest.raises(IndexError):
            DenoisedViews(FACTORS)[rows]


def test_an_array_of_them_has_the_type_that_is_asked_for_and_is_new() -> None:
    views = DenoisedViews(FACTORS)
    assert np.asarray(views, dtype=np.float64).dtype == np.float64
    # As NumPy 2 asks for `np.array(views, copy=False)`; NumPy 1 then takes a copy if it must.
    with pytest.raises(ValueError, match="computed"):
        views.__array__(copy=False)


def test_raw_views_are_read_only_where_a_share_of_them_is_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []

    def measured(rows: np.ndarray) -> np.ndarray:
        asked.extend(rows.tolist())
        return RAW[rows]

    monkeypatch.setattr(denoised_views, "AT_ONCE", 2 * PIXELS)
    one = replace(FACTORS, share=np.eye(1, GENES, 4, dtype=np.float32)[0] / 2)
    views = DenoisedViews(one, measured)
    whole = views[:]
    assert asked == [4, 5], "a chunk of two genes, one of which holds a share"
    np.testing.assert_allclose(whole, by_hand(one), rtol=1e-4, atol=1e-5)
    with pytest.raises(ValueError, match="raw views are needed"):
        DenoisedViews(one)[4]
    assert np.isfinite(DenoisedViews(one)[3]).all()
    np.testing.assert_array_equal(DenoisedViews(one).bound(measured)[4], views[4])


def test_over_some_pixels_they_are_the_same() -> None:
    pixels = np.array([3, 0, 17])
    for factors in (FACTORS, SHARED):
        views = DenoisedViews(factors, lambda rows: RAW[rows])
        some = views.over(pixels)
        assert some.shape == (GENES, 3)
        np.testing.assert_allclose(some[[5, 2]], views[[5, 2]][:, pixels], rtol=1e-6)


def test_factors_of_some_genes_and_of_others_follow_one_another() -> None:
    first, rest = SHARED.select(np.array([2, 0])), SHARED.select(np.arange(3, GENES))
    both = DenoisedViews(first.and_then(rest), lambda rows: RAW[[2, 0, 3, 4, 5, 6]][rows])
    np.testing.assert_allclose(both[:], by_hand(SHARED)[[2, 0, 3, 4, 5, 6]], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "change",
    [
        {"programmes": FACTORS.programmes[:, 1:]},
        {"mean": FACTORS.mean[1:]},
        {"share": FACTORS.share[:, None]},
        {"link": "log2"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_parts_that_do_not_fit_are_refused(change: dict) -> None:
    with pytest.raises(ValueError):
        replace(FACTORS, **change)


def linear(factors: Factors) -> np.ndarray:
    """Return the products (G, P) that views follow from."""
    return factors.coefficients.astype(float) @ factors.programmes.T


def explicit(pictures: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return weighted means (K, P) of standardised pictures (G, P)."""
    deviation = pictures.std(axis=1, keepdims=True)
    z = np.where(deviation > 1e-9, pictures - pictures.mean(axis=1, keepdims=True), 0.0)
    z /= np.where(deviation > 1e-9, deviation, 1.0)
    with np.errstate(invalid="ignore"):
        return (weight.T @ z) / weight.sum(axis=0)[:, None]


def test_consensus_is_the_mean_of_standardised_rates() -> None:
    """Of the linear ones, which cost no view; that of views is like it where none is cut."""
    found = consensus_pattern(DenoisedViews(FACTORS), MEMBERSHIP)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, explicit(linear(FACTORS), MEMBERSHIP), rtol=1e-3, atol=1e-4)
    of_views = explicit(by_hand(FACTORS), MEMBERSHIP)
    assert min(np.corrcoef(a, b)[0, 1] for a, b in zip(found, of_views, strict=True)) > 0.9


def test_consensus_of_values_that_are_no_counts() -> None:
    factors = replace(FACTORS, link="identity", mean=FACTORS.mean + 20)
    np.testing.assert_allclose(
        consensus_pattern(DenoisedViews(factors), MEMBERSHIP),
        explicit(by_hand(factors), MEMBERSHIP),
        rtol=1e-3,
        atol=1e-4,
    )


def test_only_drawing_genes_draw_patterns() -> None:
    drawing = np.arange(GENES) < 5
    views = DenoisedViews(FACTORS)
    np.testing.assert_allclose(
        consensus_pattern(views, MEMBERSHIP, drawing),
        consensus_pattern(DenoisedViews(FACTORS.select(np.arange(5))), MEMBERSHIP[:5]),
        rtol=1e-4,
        atol=1e-5,
    )
    stored = by_hand(FACTORS)
    np.testing.assert_allclose(
        consensus_pattern(stored, MEMBERSHIP, drawing),
        explicit(stored[:5], MEMBERSHIP[:5]),
        rtol=1e-3,
        atol=1e-4,
    )


def test_a_cluster_without_drawing_genes_is_drawn_by_the_others_and_without_any_by_none() -> None:
    hard = np.zeros((GENES, 3), dtype=np.float32)
    hard[:5, 0], hard[5:, 1] = 1.0, 1.0
    for views in (DenoisedViews(FACTORS), by_hand(FACTORS)):
        pattern = consensus_pattern(views, hard, np.arange(GENES) < 5)
        own = views[5:] if isinstance(views, np.ndarray) else linear(FACTORS)[5:]
        np.testing.assert_allclose(
            pattern[1], explicit(own, np.ones((2, 1)))[0], rtol=1e-3, atol=1e-4
        )
        assert np.isfinite(pattern[:2]).all() and np.isnan(pattern[2]).all()


def test_coordinates_of_patterns_have_their_lengths_and_angles() -> None:
    products = linear(FACTORS) - linear(FACTORS).mean(axis=1, keepdims=True)
    coordinates = FACTORS.patterns
    np.testing.assert_allclose(
        coordinates @ coordinates.T, products @ products.T / PIXELS, rtol=1e-4, atol=1e-6
    )


def test_genes_that_bright_ones_share_a_cluster_with_count_as_much() -> None:
    bright = replace(
        FACTORS,
        mean=FACTORS.mean * np.where(np.arange(GENES) == 0, 1000, 1).astype(np.float32),
    )
    np.testing.assert_allclose(
        consensus_pattern(DenoisedViews(bright), MEMBERSHIP),
        consensus_pattern(DenoisedViews(FACTORS), MEMBERSHIP),
    )


def test_stored_views_are_standardised_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = by_hand(FACTORS).astype(np.float32)
    whole = consensus_pattern(stored, MEMBERSHIP)
    monkeypatch.setattr(denoised_views, "AT_ONCE", 3 * PIXELS)
    np.testing.assert_allclose(consensus_pattern(stored, MEMBERSHIP), whole, rtol=1e-4, atol=1e-5)
    expected = (MEMBERSHIP.T @ standardised(stored)) / MEMBERSHIP.sum(axis=0)[:, None]
    np.testing.assert_allclose(whole, expected, rtol=1e-3, atol=1e-4)
