"""How much a picture of a gene rests on, in words."""

from __future__ import annotations

from darlc.images.selection import fewest_pixels
from darlc.images.sgep_images import SGEPImages

TOO_FEW = "too few to show a pattern"


def rests_on(images: SGEPImages, gene: int) -> str:
    """Say how many molecules of a gene there are, and where they are too few for a pattern.

    Where the values are no counts, the pixels are told in which there is any.
    """
    start, end = images.matrix.indptr[gene : gene + 2]
    pixels = int(end - start)
    if images.values == "counts":
        molecules = round(float(images.matrix.data[start:end].sum()))
        said = f"{molecules:,} molecule" + "s" * (molecules != 1)
    else:
        said = f"values in {pixels:,} pixel" + "s" * (pixels != 1)
    return f"{said}: {TOO_FEW}" if pixels < fewest_pixels(images) else said
