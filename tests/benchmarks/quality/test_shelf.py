from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality.cache import kept
from benchmarks.quality.methods import Answer
from benchmarks.quality.settings import Settings
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.simulation.tissue import simulate


class Counting:
    """A method that counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, images: SGEPImages, clusters: int | None, seed: int) -> Answer:
        self.asked += 1
        labels = np.arange(images.n_genes) % (clusters or 2)
        confidence = np.linspace(0.0, 1.0, images.n_genes)
        return Answer(labels, confidence=confidence, seconds=float(self.asked))


@pytest.fixture
def images() -> SGEPImages:
    return rasterize(simulate(seed=1, genes=12, clusters=3, depth=200.0))


def test_an_answer_is_computed_once_and_comes_back_whole(
    images: SGEPImages, tmp_path: Path
) -> None:
    method = Counting()
    asking = kept(Settings(shelf=tmp_path), "counting", method)
    first = asking(images, 3, 0)
    again = asking(images, 3, 0)

    assert method.asked == 1
    np.testing.assert_array_equal(again.labels, first.labels)
    np.testing.assert_array_equal(again.confidence, first.confidence)
    assert again.embedding is None
    assert again.denoised is None
    assert again.seconds == first.seconds


def test_another_request_is_computed_anew(images: SGEPImages, tmp_path: Path) -> None:
    method = Counting()
    settings = Settings(shelf=tmp_path)
    asking = kept(settings, "counting", method)
    asking(images, 3, 0)
    asking(images, None, 0)
    asking(images, 3, 1)
    asking(images.select([3, 1, 2, 0, 4, 5, 6, 7, 8, 9, 10, 11]), 3, 0)
    kept(settings, "another", method)(images, 3, 0)

    assert method.asked == 5


def test_nothing_is_kept_without_a_folder(images: SGEPImages) -> None:
    method = Counting()
    asking = kept(Settings(), "counting", method)
    asking(images, 3, 0)
    asking(images, 3, 0)

    assert method.asked == 2
