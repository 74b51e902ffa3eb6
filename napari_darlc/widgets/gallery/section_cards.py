"""Thumbnails that show a gene in all sections of a study."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from qtpy.QtGui import QImage

from darlc.wording import listed
from napari_darlc.canvas.sections.mosaic import MosaicPictures, mosaic
from napari_darlc.canvas.sections.panels import in_rows
from napari_darlc.genes.section_pictures import SectionPictures, SectionViews
from napari_darlc.widgets.common.thumbnails import ThumbnailPainter, magma


class SectionCards:
    """Draws a gene in all sections, with one contrast for all; empty where it was not measured.

    Parameters
    ----------
    sections
        Views of the sections, in the order of the study.
    gene_names
        (n_genes,) of the section that is shown, by whose positions genes are asked for.
    side
        Longer side of the pictures, in pixels.
    """

    def __init__(
        self, sections: Sequence[SectionViews], gene_names: NDArray[np.str_], side: int
    ) -> None:
        self._sections = tuple(sections)
        self._rows = [each.rows(gene_names) for each in sections]
        panels = in_rows([each.images.grid for each in sections], 0, (1, 1))
        self._columns = panels.shape[1]
        self._layout = mosaic(panels.grids)
        self.painter = ThumbnailPainter(self._layout.grid, side)

    def draw(self, genes: Sequence[int], denoised: bool) -> list[QImage]:
        """Draw genes, by their positions; in any thread."""
        shown = [
            SectionPictures(views, rows, denoised)
            for views, rows in zip(self._sections, self._rows, strict=True)
        ]
        pictures = MosaicPictures(shown, self._layout)
        return self.painter.paint(np.stack([pictures.pixels(gene) for gene in genes]), magma())

    def describe(self, gene: int) -> str:
        """Return the names of the sections as they lie in the picture, and which lack a gene."""
        names = [each.name for each in self._sections]
        lines = [
            " · ".join(names[start : start + self._columns])
            for start in range(0, len(names), self._columns)
        ]
        lacking = [n for n, rows in zip(names, self._rows, strict=True) if rows[gene] < 0]
        if lacking:
            lines.append(f"not measured in {listed(lacking)}")
        return "\n".join(lines)
