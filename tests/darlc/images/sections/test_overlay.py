"""Layers of tissue are told from labels in one layer by how close observations come."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.images.sections.overlay import Neighbourhoods
from darlc.simulation.tissue import simulate


def hexagons(side: int = 24) -> np.ndarray:
    row, column = np.mgrid[:side, :side].reshape(2, -1)
    return np.column_stack([column + row % 2 / 2, row * np.sqrt(0.75)])


def cells(seed: int) -> np.ndarray:
    """Positions that keep their distance, as cells do."""
    return simulate(genes=4, clusters=2, platform="merfish", seed=seed).obsm["spatial"]


def scattered(seed: int, count: int = 700) -> np.ndarray:
    return np.random.default_rng(seed).uniform(size=(count, 2)) * [1000, 600]


def moved(where: np.ndarray, x: float, y: float) -> np.ndarray:
    return where + np.array([x, y])


def turned(where: np.ndarray, angle: float = 0.1) -> np.ndarray:
    cos, sin = np.cos(angle), np.sin(angle)
    return where @ np.array([[cos, -sin], [sin, cos]])


@pytest.mark.parametrize(
    "layers",
    [
        [hexagons(), hexagons()],
        [hexagons(), moved(hexagons(), 0.3, 0.2)],
        [hexagons(), moved(hexagons(), 0.5, 0.29)],
        [hexagons(), turned(hexagons())],
        [cells(0), cells(1)],
        [cells(0), cells(1), cells(2)[::2]],
    ],
)
def test_layers_are_found(layers):
    where, codes = np.concatenate(layers), np.repeat(np.arange(len(layers)), list(map(len, layers)))
    order = np.random.default_rng(0).permutation(len(where))
    around = Neighbourhoods.of(where[order])
    assert around.shared(codes[order]) and around.judge(codes[order]) == "layers"


@pytest.mark.parametrize("where", [hexagons(), cells(0)], ids=["spots", "cells"])
@pytest.mark.parametrize("kind", ["at random", "in places", "few", "stripes", "chequered"])
def test_labels_in_one_layer_are_no_layers(where, kind):
    random = np.random.default_rng(0)
    unit = (where - where.min(axis=0)) / np.ptp(where, axis=0)
    codes = {
        "at random": random.integers(0, 5, len(where)),
        "in places": (random.random(len(where)) < unit[:, 0]).astype(int),
        "few": (random.random(len(where)) < 0.05).astype(int),
        "stripes": (unit[:, 1] * 40).astype(int) % 2,
        "chequered": (unit * 12).astype(int).sum(axis=1) % 2,
    }[kind]
    assert Neighbourhoods.of(where).judge(codes) == "one"


def test_points_at_random_tell_nothing():
    layers = [scattered(0), scattered(1)]
    codes = np.repeat([0, 1], 700)
    around = Neighbourhoods.of(np.concatenate(layers))
    assert around.shared(codes) and around.judge(codes) == "open"
    assert around.judge(np.random.default_rng(0).integers(0, 2, 1400)) == "open"


def test_a_small_layer_in_a_large_one_is_not_taken_for_labels():
    few = np.random.default_rng(0).choice(4000, 200, replace=False)
    around = Neighbourhoods.of(np.concatenate([cells(0), cells(1)[few]]))
    codes = np.repeat([0, 1], [4000, 200])
    assert around.shared(codes) and around.judge(codes) != "one"


@pytest.mark.parametrize(
    "pieces",
    [
        [hexagons(), moved(hexagons(), 30, 0)],
        [scattered(i, 60) * 0.1 + [100 * (i % 6), 60 * (i // 6)] for i in range(24)],
        [turned(hexagons(), 0.7), turned(moved(hexagons(), 24, 0), 0.7)],
        [np.column_stack([np.arange(20.0), np.full(20, float(i))]) for i in range(8)],
    ],
    ids=["sections", "fields", "turned", "rows"],
)
def test_pieces_side_by_side_share_no_ground(pieces):
    codes = np.repeat(np.arange(len(pieces)), list(map(len, pieces)))
    assert not Neighbourhoods.of(np.concatenate(pieces)).shared(codes)


@pytest.mark.parametrize("scale", [0.5, 0.2, 0.01])
@pytest.mark.parametrize("make", [cells, scattered, lambda seed: hexagons() + 0.3 * seed])
def test_layers_in_other_units_share_their_ground(make, scale):
    large, small = make(0), make(1) * scale
    around = Neighbourhoods.of(np.concatenate([large, small + large.mean(axis=0) * (1 - scale)]))
    codes = np.repeat([0, 1], [len(large), len(small)])
    assert around.shared(codes) and around.judge(codes) != "one"


def test_only_some_of_many_observations_are_sampled():
    where = np.random.default_rng(0).uniform(size=(50_000, 2))
    around = Neighbourhoods.of(where)
    assert len(around.sampled) == 20_000
    assert around.shared(np.arange(50_000) % 3)
    assert not around.shared((where[:, 0] > 0.5).astype(int))
