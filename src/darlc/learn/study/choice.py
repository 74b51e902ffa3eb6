"""The genes that draw the patterns of a study: those that vary most over all of its sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from darlc.images.selection import LESS_VARIABLE, Selection


def choose_together(
    sections: Sequence[Selection], genes: int, wanted: NDArray[np.int64]
) -> tuple[NDArray[np.int64], list[Selection]]:
    """Choose the genes with the highest mean variability over sections.

    A section in which a gene does not vary, or was not measured, counts as without variability, so
    that genes that all sections have come first.

    Parameters
    ----------
    sections
        Each section's own choice among the same genes.
    genes
        Most genes, the wanted ones among them.
    wanted
        Positions of genes to take whatever their variability.

    Returns
    -------
    drawing
        (G,) positions of the genes, ascending.
    selections
        The choice in each section: those of the genes that can show a pattern there draw it.
    """
    variability = np.nan_to_num(np.stack([each.variability for each in sections])).mean(axis=0)
    usable = np.any([_usable(each) for each in sections], axis=0)
    order = np.argsort(-variability, kind="stable")
    others = order[usable[order] & ~np.isin(order, wanted)]
    drawing = np.sort(np.concatenate([wanted, others[: max(genes - len(wanted), 0)]]))
    chosen = np.zeros(len(variability), dtype=bool)
    chosen[drawing] = True
    return drawing, [_restricted(each, chosen) for each in sections]


def _usable(selection: Selection) -> NDArray[np.bool_]:
    return np.asarray((selection.reason == "") | (selection.reason == LESS_VARIABLE))


def _restricted(selection: Selection, chosen: NDArray[np.bool_]) -> Selection:
    usable = _usable(selection)
    reason = np.where(usable, LESS_VARIABLE, selection.reason)
    reason[usable & chosen] = ""
    return replace(selection, genes=np.flatnonzero(usable & chosen), reason=reason)
