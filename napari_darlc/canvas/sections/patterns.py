"""What a cluster's pattern looks like in another section."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from darlc.results.denoised_views import consensus_pattern
from napari_darlc.genes.section_pictures import SectionViews
from napari_darlc.session.model import Model


def pattern_in(
    section: SectionViews, gene_names: NDArray[np.str_], model: Model, cluster: int
) -> NDArray[np.float32]:
    """Return the consensus pattern (P,) in a section of a cluster of the section that is shown.

    Its genes are that cluster's, as it was edited, so far as the section has them.

    Parameters
    ----------
    section
        The other section.
    gene_names
        (n_genes,) of the section that is shown.
    model
        Model of the section that is shown, which has clusters.
    cluster
        Column of its membership.
    """
    own, there = section.model, section.rows(gene_names[model.genes])
    row_of = np.array([own.row_of.get(int(gene), -1) for gene in there], dtype=np.int64)
    shared = row_of >= 0
    membership = np.zeros((len(own.genes), 1), dtype=np.float32)
    assert model.membership is not None and own.denoised is not None
    membership[row_of[shared], 0] = model.membership[shared, cluster]
    pattern: NDArray[np.float32] = consensus_pattern(own.denoised, membership, own.drawing)[0]
    return pattern
