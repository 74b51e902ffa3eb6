"""Colours mean what they should, also to colour-blind people."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.color import rgb2lab

from darlc.results.palette import cluster_colours, rgb
from napari_darlc.canvas.colormaps import black_to, cluster_colormap, diverging
from napari_darlc.canvas.comparison import COLOURS

#: Full loss of a kind of cone, in linear light (Machado, Oliveira and Fernandes 2009).
SEEN = {
    "all cones": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def seen(colours: NDArray[np.float64], eye: str) -> NDArray[np.float64]:
    """Return what is seen of colours (n, 3), in CIELAB."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ np.array(SEEN[eye]).T, 0, 1)
    return rgb2lab(
        np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    )


@pytest.mark.parametrize("eye", SEEN)
def test_colours_of_genes_and_their_sums_stay_apart(eye: str) -> None:
    colours = np.array([rgb(colour) for colour in COLOURS.values()])
    sums = [np.minimum(a + b, 1) for a, b in combinations(colours, 2)]
    for all_of_them, apart in ((colours, 35), (np.array([*colours, *sums]), 20)):
        pairs = combinations(seen(all_of_them, eye), 2)
        assert min(np.linalg.norm(a - b) for a, b in pairs) > apart


@pytest.mark.parametrize("eye", SEEN)
def test_above_and_below_nought_are_told_apart(eye: str) -> None:
    below, nought, above = seen(diverging().map(np.array([0.25, 0.5, 0.75]))[:, :3], eye)
    assert min(np.linalg.norm(below - above), np.linalg.norm(below - nought)) > 40
    # Distance from nought is brightness on both sides.
    brightness = seen(diverging().map(np.linspace(0, 1, 21))[:, :3], eye)[:, 0]
    assert (np.diff(brightness[10:]) > 0).all() and (np.diff(brightness[:11]) < 0).all()


def test_layers_that_add_up_begin_black() -> None:
    np.testing.assert_allclose(black_to("#ff0080").map(np.array([0.0]))[0], [0, 0, 0, 1])
    np.testing.assert_allclose(black_to("#ff0080").map(np.array([1.0]))[0, :3], rgb("#ff0080"))
    assert not black_to("#000000").map(np.array([0.0, 1.0]))[:, :3].any()


@pytest.mark.parametrize("colour", cluster_colours(24, patternless=True))
def test_a_cluster_keeps_its_hue_and_grows_evenly_brighter_up_to_white(colour: str) -> None:
    shown = cluster_colormap(colour, "7").map(np.linspace(0, 1, 101))[:, :3]
    lightness, a, b = rgb2lab(shown).T
    assert (np.diff(lightness) > 0).all() and lightness[0] < 12 and lightness[-1] > 99
    assert np.diff(lightness).max() < 3 * np.diff(lightness).min()
    # Its own colour is one of them, and no other hue is.
    assert np.abs(shown - rgb(colour)).max(axis=1).min() < 0.03
    vivid = np.hypot(a, b) > 10
    hue = np.angle(np.exp(1j * (np.arctan2(b, a) - np.arctan2(*reversed(own_hue(colour))))))
    # CIELAB bends blue towards purple as it brightens, which eyes do not.
    assert (np.abs(hue[vivid]) < np.radians(40)).all()


def own_hue(colour: str) -> tuple[float, float]:
    _, a, b = rgb2lab(np.array([[rgb(colour)]]))[0, 0]
    return a, b


@pytest.mark.parametrize("eye", SEEN)
def test_clusters_grow_brighter_to_every_eye(eye: str) -> None:
    for colour in cluster_colours(12):
        shown = cluster_colormap(colour, "7").map(np.linspace(0, 1, 51))[:, :3]
        assert (np.diff(seen(shown, eye)[:, 0]) > 0).all()
