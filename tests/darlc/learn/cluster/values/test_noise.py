"""What genes share by chance is found and removed; blur makes noise count for more."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.images.grid import Grid
from darlc.learn.cluster.values.noise import noise_factor, shared_maps, value_model
from darlc.learn.cluster.values.value_model import ValueModel

GRID = Grid(np.ones((24, 24), dtype=bool), np.eye(3), "square")


@pytest.fixture
def white() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(50, 576)).astype(np.float32)


def test_noise_that_genes_do_not_share_is_left_as_it_is(white) -> None:
    assert len(shared_maps(white, GRID)) <= 1
    assert noise_factor(white, GRID) == pytest.approx(1.0, abs=0.1)


def test_what_all_genes_of_a_pixel_share_is_found(white) -> None:
    random = np.random.default_rng(1)
    shared = random.normal(size=576)
    found = shared_maps(white + random.uniform(0.3, 1.0, (50, 1)) * shared, GRID)
    np.testing.assert_allclose(found @ found.T, np.eye(len(found)), atol=1e-4)
    along = found @ (shared / np.linalg.norm(shared))
    assert np.linalg.norm(along) > 0.9


def test_what_is_smooth_is_a_pattern_and_stays(white) -> None:
    x = np.indices((24, 24))[1].ravel() / 23
    smooth = np.sin(5 * x)
    found = shared_maps((white + 2 * smooth).astype(np.float32), GRID)
    assert np.abs(found @ (smooth / np.linalg.norm(smooth))).max(initial=0.0) < 0.3


def test_blurred_noise_has_fewer_independent_pixels(white) -> None:
    blurred = GRID.smoothed(white, 1.0)
    neighbours = np.sqrt(np.mean(np.square(np.diff(blurred.reshape(50, 24, 24), axis=2))) / 2)
    assert noise_factor(blurred / neighbours, GRID) > 3.0


def test_the_model_of_values_knows_its_noise() -> None:
    random = np.random.default_rng(2)
    y, x = np.indices((24, 24)).reshape(2, -1) / 23
    truth = np.repeat([0, 1], 20)
    signal = np.stack([np.sin(5 * x), np.sin(5 * y)])[truth]
    light = random.normal(size=576)
    values = signal + random.normal(size=(40, 576)) + light
    model = value_model(values.astype(np.float32), np.eye(2, dtype=np.float32)[truth], GRID)
    assert len(model.noise.shared) >= 1
    before = ValueModel(values.astype(np.float32), GRID).counts.numpy() @ light
    assert np.abs(model.counts.numpy() @ light).mean() < 0.6 * np.abs(before).mean()
