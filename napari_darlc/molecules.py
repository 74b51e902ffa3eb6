"""How much a picture of a gene rests on, in words."""

from __future__ import annotations

from darlc.data.images import SGEPImages
from darlc.data.selection import fewest_pixels
from darlc.wording import counted

TOO_FEW = "too few to show a pattern"


def rests_on(images: SGEPImages, gene: int) -> str:
    """Say how many molecules of a gene there are, in how many pixels, and where they are too few.

    Where the values are no counts, only the pixels can be told.
    """
    start, end = images.matrix.indptr[gene : gene + 2]
    pixels = int(end - start)
    said = f"{pixels:,} of {images.n_pixels:,} pixels"
    if images.values == "counts":
        said = f"{counted(round(float(images.matrix.data[start:end].sum())), 'molecule')} in {said}"
    else:
        said = f"values in {said}"
    return f"{said}: {TOO_FEW}" if pixels < fewest_pixels(images) else said
