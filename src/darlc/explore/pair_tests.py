"""Whether genes are more alike than genes with unrelated patterns are by chance.

Two smooth patterns correlate by chance, the more the smoother they are. Here a gene's correlation
with another is compared with what is expected of unrelated patterns of the same smoothness, as in
`darlc.explore.enrichment`. It is done twice. Logarithms of smoothed expression, where genes of one
pattern differ by noise alone, find genes of one small place; the gene's molecules against the ranks
of the other gene find fine structures, which smoothing takes away.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

from darlc.explore.enrichment import Association, pixel_expression
from darlc.explore.parts.band_test import BandTest, band_test
from darlc.explore.parts.log_field import LogFields
from darlc.images.sgep_images import SGEPImages
from darlc.images.statistics import standardised
from darlc.results.denoised_views import at_once

#: Standard deviation, in pixels, of the smoothing of the gene whose ranks others are compared with.
_SIGMA = 1.5
#: Variance of a logarithm, over all tissue, that a gene that varies has more of.
_LEAST = 1e-12


class PairTests:
    """Tests pairs of genes; work that all pairs share is done once.

    Denoised views are not looked at, because each is made with the help of other genes: the genes
    are compared by their own raw values alone.

    Parameters
    ----------
    images
        All genes.
    genes
        (g,) positions of the genes that are compared with a query.
    """

    def __init__(self, images: SGEPImages, genes: NDArray[np.int64]) -> None:
        self._images, self._genes = images, genes
        self._expression = pixel_expression(images, genes)

    def with_genes(self, query: NDArray[np.int64]) -> Association:
        """Compare all genes (g,) with one gene, or with the mean of several.

        p is twice the lower one of the two tests, and statistic and degrees of freedom are of that
        test; correlations are those of molecules. The query's own genes have no p-value; false
        discoveries are controlled over the others.

        Parameters
        ----------
        query
            Positions of one gene, or of those of a set, among all genes.

        Raises
        ------
        InputError
            The query does not vary over the tissue.
        """
        by_rank, by_log = self._expression.association(self._mean(query)), self._in_logs(query)
        logs = by_log.p < by_rank.p
        p = np.minimum(2 * np.where(logs, by_log.p, by_rank.p), 1.0)
        tests = replace(
            by_rank,
            statistic=np.where(logs, by_log.statistic, by_rank.statistic),
            degrees=np.where(logs, by_log.degrees, by_rank.degrees),
            p=p,
        )
        return tests.without(np.isin(self._genes, query))

    def _mean(self, query: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the mean (P,) of the smoothed views of some genes, each with deviation 1."""
        images = self._images
        quantity = np.zeros(images.n_pixels)
        for part in at_once(len(query), images.n_pixels):
            smoothed = images.grid.smoothed(images.expression(query[part]), _SIGMA)
            quantity += standardised(smoothed).sum(axis=0, dtype=np.float64)
        return quantity

    def _in_logs(self, query: NDArray[np.int64]) -> BandTest:
        """Compare genes (g,) with the mean of some, each with deviation 1, as logarithms."""
        fields, asked = self._fields, LogFields.of(self._images, query)
        deviation = np.sqrt(asked.power.sum(axis=0))
        varies = deviation > _LEAST
        # Only what the modes hold: finer structures are smoothed away in any case.
        quantity = (asked.amplitudes[:, varies] / deviation[varies]).sum(axis=1)
        whole = max(float(quantity @ quantity), _LEAST)
        return band_test(
            fields.space,
            quantity,
            whole,
            fields.amplitudes,
            fields.amplitudes.T @ quantity,
            fields.power,
            np.full(len(self._genes), _LEAST * whole),
            self._within,
        )

    @cached_property
    def _within(self) -> NDArray[np.float64]:
        """(m,) expected variance of each mode over the mean of its band.

        Both genes of a pair have most of a band's power in its coarsest modes. How power falls with
        frequency is that of all genes, a falling curve, so that their common pattern stays out.
        """
        fields = self._fields
        total = fields.power.sum(axis=0)
        known = total > _LEAST
        spectrum = (fields.amplitudes[:, known] ** 2 / total[known]).mean(axis=1)
        order = np.arange(len(spectrum))
        falling = IsotonicRegression(increasing=False).fit_transform(order, spectrum)
        starts = fields.space.starts
        modes = np.diff([*starts, len(falling)])
        return np.asarray(falling / np.repeat(np.add.reduceat(falling, starts) / modes, modes))

    @cached_property
    def _fields(self) -> LogFields:
        return LogFields.of(self._images, self._genes)
