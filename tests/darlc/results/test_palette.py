"""Colours tell clusters apart, also for readers who lack one kind of cone."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from darlc.results.palette import NO_PATTERN, cluster_colours, cluster_names, further_colour, rgb

#: Machado, Oliveira and Fernandes 2009, table 1, severity 1: linear RGB as it is seen.
VISIONS = {
    "all cones": np.eye(3),
    "protanopia": [
        *([0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216]),
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        *([0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413]),
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        *([1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602]),
        [0.004733, 0.691367, 0.303900],
    ],
}


def least_difference(colours: tuple[str, ...], vision: str = "all cones") -> float:
    """Return the least CIEDE2000 difference of any two colours, as they are seen."""
    srgb = np.array([rgb(colour) for colour in colours])
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.array(VISIONS[vision]).T, 0, 1)
    seen = np.where(seen <= 0.0031308, 12.92 * seen, 1.055 * seen ** (1 / 2.4) - 0.055)
    lab: NDArray[np.float64] = rgb2lab(seen[None])[0]
    difference = deltaE_ciede2000(lab[:, None], lab[None])
    return float(difference[~np.eye(len(colours), dtype=bool)].min())


@pytest.mark.parametrize("n", [0, 1, 12, 13, 40])
def test_colours_are_many_and_valid(n: int) -> None:
    colours = cluster_colours(n)
    assert len(set(colours)) == n
    assert all(len(colour) == 7 and int(colour[1:], 16) >= 0 for colour in colours)


@pytest.mark.parametrize("vision", VISIONS)
def test_twelve_colours_are_safe_for_colour_blind_readers(vision: str) -> None:
    # A difference of 2 is just seen; the well-known palette of Okabe and Ito has 11 and more for
    # its eight colours without the black.
    assert least_difference(cluster_colours(12), vision) > (15 if vision == "all cones" else 11.5)


def test_the_colours_simulated_are_those_that_are_seen() -> None:
    # Pure red and the olive that it is without the cones for it.
    assert least_difference(("#ff0000", "#6d5f00"), "protanopia") < 4
    assert least_difference(("#ff0000", "#6d5f00")) > 40


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize(("n", "least", "for_most"), [(20, 5.5, 7.5), (40, 3, 6.5)])
def test_more_colours_stay_distinct(n: int, least: float, for_most: float, vision: str) -> None:
    wanted = for_most if vision == "all cones" else least
    assert least_difference(cluster_colours(n), vision) > wanted


@pytest.mark.parametrize("ground", ["#000000", "#262930", "#ffffff"])
def test_colours_can_be_seen_on_every_ground(ground: str) -> None:
    for colour in cluster_colours(40):
        assert least_difference((colour, ground)) > 14, colour


def test_more_clusters_do_not_change_the_first_ones() -> None:
    assert cluster_colours(30)[:12] == cluster_colours(12)


def test_a_further_colour_is_none_of_those_taken() -> None:
    taken = ("#ffffff", *cluster_colours(12))
    assert further_colour(taken) not in taken
    assert least_difference((*taken, further_colour(taken))) > 7


def test_the_group_without_a_pattern_comes_last_and_is_grey() -> None:
    assert cluster_names(4, patternless=True) == ("1", "2", "3", NO_PATTERN)
    colours = cluster_colours(4, patternless=True)
    assert colours[:3] == cluster_colours(3)
    assert len({colours[3][i : i + 2] for i in (1, 3, 5)}) == 1
