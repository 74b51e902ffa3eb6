"""Whether genes are more alike than genes with unrelated patterns are by chance.

Two smooth patterns correlate by chance, the more the smoother they are. Here a gene's correlation
with another is compared with what is expected of unrelated patterns of the same smoothness; see
`darlc.explore.enrichment`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from darlc.explore.enrichment import Association, pixel_expression
from darlc.images.sgep_images import SGEPImages
from darlc.images.statistics import standardised
from darlc.results.denoised_views import at_once

#: Standard deviation, in pixels, of the smoothing of the gene that others are compared with.
_SIGMA = 1.5


class PairTests:
    """Tests pairs of genes; work that all pairs share is done once.

    Denoised views are not looked at, because each is made with the help of other genes: the genes
    are compared by their own raw values alone. That of the query is smoothed.

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

        The query's own genes have no p-value; false discoveries are controlled over the others.

        Parameters
        ----------
        query
            Positions of one gene, or of those of a set, among all genes.

        Raises
        ------
        InputError
            The query does not vary over the tissue.
        """
        images = self._images
        quantity = np.zeros(images.n_pixels)
        for part in at_once(len(query), images.n_pixels):
            smoothed = images.grid.smoothed(images.expression(query[part]), _SIGMA)
            quantity += standardised(smoothed).sum(axis=0, dtype=np.float64)
        return self._expression.association(quantity).without(np.isin(self._genes, query))
