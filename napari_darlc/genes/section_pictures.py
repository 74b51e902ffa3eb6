"""Views of genes in another section of the study, by the genes of the one that is shown."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from darlc.errors import InputError
from darlc.images.sgep_images import SGEPImages
from darlc.results.raw_views import measured_images, views_over
from darlc.results.result import Result
from darlc.results.study import StudyResult
from napari_darlc.genes.pictures import DenoisedPictures, GenePictures, RawPictures
from napari_darlc.session.model import Model


@dataclass(frozen=True, eq=False)
class SectionViews:
    """Raw and denoised views of one section.

    Parameters
    ----------
    name
        Name of the section.
    images
        Its raw views.
    model
        Its denoised views.
    """

    name: str
    images: SGEPImages
    model: Model

    @classmethod
    def of(cls, name: str, result: Result) -> SectionViews:
        """Return the views of a section's result, which is bound to its data.

        Slow: to be called in a thread.
        """
        images = measured_images(result)
        genes = images.index([str(each) for each in result.gene_names])
        model = Model(genes, views_over(result.denoised, images, genes), drawing=result.drawing)
        _ = model.row_of
        return cls(name, images, model)

    @cached_property
    def position(self) -> pd.Index:
        """The names of the genes, which positions are looked up in."""
        return pd.Index(self.images.gene_names)

    def rows(self, gene_names: NDArray[np.str_]) -> NDArray[np.int64]:
        """Return the positions of genes (n,) in this section; -1 where it was not measured."""
        found: NDArray[np.int64] = self.position.get_indexer(gene_names).astype(np.int64)
        return found


@dataclass(frozen=True, eq=False)
class StudyViews:
    """A study and the views of all its sections.

    Parameters
    ----------
    study
        The study.
    views
        Of its sections, in their order.
    """

    study: StudyResult
    views: tuple[SectionViews, ...]

    def row(self, gene: str) -> int:
        """Return the row of a gene in the study; -1 for none."""
        return self._rows.get(gene, -1)

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {str(name): row for row, name in enumerate(self.study.gene_names)}


def views_of(study: StudyResult) -> tuple[SectionViews, ...] | str:
    """Return the views of all sections, or a sentence on why there are none; in a thread."""
    try:
        return tuple(
            SectionViews.of(name, result)
            for name, result in zip(study.section_names, study.sections, strict=True)
        )
    except InputError as error:
        return str(error)


class SectionPictures(GenePictures):
    """Views of another section; NaN for genes that were not measured there.

    Parameters
    ----------
    views
        Views of the section.
    rows
        (n_genes,) position there of each gene of the section that is shown; -1 for none.
    denoised
        Whether denoised views are shown. A gene that has none is shown raw.
    """

    def __init__(self, views: SectionViews, rows: NDArray[np.int64], denoised: bool) -> None:
        super().__init__(len(rows), views.images.grid)
        self.views, self.rows, self.denoised = views, rows, denoised
        self._raw = RawPictures(views.images)
        self._denoised = DenoisedPictures(views.images.n_genes, views.images.grid, views.model)
        #: The last gene, whether it is denoised, and its view, which is asked for more than once.
        self._last: tuple[int, bool, NDArray[np.float32]] = (-1, False, np.empty(0, np.float32))

    def measured(self, gene: int) -> bool:
        """Return whether a gene was measured in this section."""
        return bool(self.rows[gene] >= 0)

    def is_denoised(self, gene: int) -> bool:
        """Return whether what is shown of a gene is its denoised view."""
        return self.denoised and self.views.model.has_view(int(self.rows[gene]))

    def pixels(self, gene: int) -> NDArray[np.float32]:
        """Return the view over tissue pixels; not to be modified."""
        last, denoised, view = self._last
        if last != gene or denoised != self.denoised:
            view = self._view(gene)
            self._last = gene, self.denoised, view
        return view

    def limits(self, gene: int) -> tuple[float, float]:
        """Return the limits of this section alone."""
        source = self._denoised if self.is_denoised(gene) else self._raw
        return source.limits(int(self.rows[gene])) if self.measured(gene) else (0.0, 1.0)

    def _view(self, gene: int) -> NDArray[np.float32]:
        if not self.measured(gene):
            return np.full(self.grid.n_pixels, np.nan, dtype=np.float32)
        source = self._denoised if self.is_denoised(gene) else self._raw
        return source.pixels(int(self.rows[gene]))
