"""Names of genes that several sections share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from darlc.errors import InputError
from darlc.images.gene_labels import NamedGenes
from darlc.results.result import Result


def named_genes(sections: Sequence[Result], names: NDArray[np.str_]) -> NamedGenes:
    """Return all names of genes, by those of the first section that measured each.

    Parameters
    ----------
    sections
        Results that are bound to their data.
    names
        (G,) names in the data; each was measured in a section at least.

    Raises
    ------
    InputError
        A result is not bound to its data, which know the symbols.
    """
    gene, symbol = np.array(names, dtype=object), np.array(names, dtype=object)
    identifier = np.full(len(names), "", dtype=object)
    left = np.ones(len(names), dtype=bool)
    for result in sections:
        if result.adata is None:
            raise InputError(
                "the result is not bound to its data, which know the symbols of genes."
            )
        every = NamedGenes.of(result.adata)
        at = pd.Index(every.gene).get_indexer(names)
        here = left & (at >= 0)
        symbol[here], identifier[here] = every.symbol[at[here]], every.identifier[at[here]]
        left &= ~here
    return NamedGenes(gene.astype(str), symbol.astype(str), identifier.astype(str))
