"""What a picture rests on is said in molecules."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from darlc.images.sgep_images import SGEPImages
from napari_darlc.genes.molecules import molecules_text


@pytest.mark.parametrize(
    ("pixels", "values", "said"),
    [
        (3, "counts", "6 molecules: too few to show a pattern"),
        (5, "counts", "10 molecules"),
        (1, "log", "values in 1 pixel: too few to show a pattern"),
    ],
)
def test_molecules_and_pixels_are_told(
    pixels: int, values: str, said: str, images: SGEPImages
) -> None:
    matrix = sparse.lil_array(images.matrix.shape)
    matrix[:pixels, 4] = 2.0
    few = replace(images, matrix=matrix.tocsc(), values=values)
    assert molecules_text(few, 4) == said
    assert np.diff(few.matrix.indptr)[4] == pixels
