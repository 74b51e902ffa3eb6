"""Names in the data for genes that the user typed."""

from __future__ import annotations

from collections.abc import Sequence

from darlc.images.gene_labels import resolve_genes
from napari_darlc.session.session import Session


def included_genes(session: Session, typed: Sequence[str]) -> tuple[str, ...]:
    """Return the data's names of genes that were typed as names or as labels.

    Parameters
    ----------
    session
        Whose dataset is meant; without one the names come back as they are.
    typed
        Names or labels, in any case where that is unambiguous.

    Raises
    ------
    InputError
        A gene is not in the data.
    """
    if session.images is None or not typed:
        return tuple(typed)
    return resolve_genes(typed, session.images.gene_names, session.gene_labels)
