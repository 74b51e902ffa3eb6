"""The number of molecules of a gene, and why it has no answer, as text."""

from __future__ import annotations

from darlc.images.selection import fewest_pixels
from darlc.images.sgep_images import SGEPImages
from napari_darlc.session.session import Session

TOO_FEW = "too few to show a pattern"


def molecules_text(images: SGEPImages, gene: int) -> str:
    """Return how many molecules of a gene there are, and whether they are too few for a pattern.

    Where the values are not counts, return the number of pixels with a value.
    """
    start, end = images.matrix.indptr[gene : gene + 2]
    pixels = int(end - start)
    if images.values == "counts":
        molecules = round(float(images.matrix.data[start:end].sum()))
        said = f"{molecules:,} molecule" + "s" * (molecules != 1)
    else:
        said = f"values in {pixels:,} pixel" + "s" * (pixels != 1)
    return f"{said}: {TOO_FEW}" if pixels < fewest_pixels(images) else said


def no_answer(session: Session, gene: int) -> str:
    """Return why a gene has no cluster and no denoised view, as text."""
    images = session.images
    if session.running:
        return "answered when training ends"
    if images is not None and molecules_text(images, gene).endswith(TOO_FEW):
        return f"molecules are {TOO_FEW}" if images.values == "counts" else f"values are {TOO_FEW}"
    return "not answered by this result: train again"
