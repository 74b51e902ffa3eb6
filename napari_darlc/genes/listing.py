"""Genes of a list: which are shown, their order, and their groups."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_darlc.genes.columns import CLUSTER, GeneColumn

if TYPE_CHECKING:
    from napari_darlc.session.session import Session

PINNED, ALL, NOT_MODELLED, UNKNOWN = "Pinned", "Genes", "Not in the model", "Unknown"
#: About how many groups numbers are divided into.
_BANDS = 8
#: Fewest genes of a group on average; with fewer, as after a search, there are no groups.
_FEWEST_UNDER_A_HEAD = 3


@dataclass(frozen=True)
class Group:
    """Consecutive genes of a list with a common heading.

    Parameters
    ----------
    label
        Text of the heading; without one where it is empty.
    count
        Number of genes.
    colour
        ``#rrggbb`` of a cluster; None for other groups.
    """

    label: str
    count: int
    colour: str | None = None


def listed(session: Session, everything: bool = False) -> NDArray[np.bool_]:
    """Return which genes a list shows before any search, (n_genes,).

    A cluster that is singled out is listed even if it is hidden.

    Parameters
    ----------
    session
        Its model, hidden clusters, singled-out cluster and selection filter the list.
    everything
        Whether genes without an answer are listed, too.
    """
    n_genes, model = len(session.gene_labels), session.model
    shown = np.full(n_genes, everything or model is None)
    if model is not None:
        shown[model.genes] = True
        if 0 <= session.cluster < model.n_clusters:
            shown[:] = False
            shown[model.genes[model.cluster == session.cluster]] = True
        else:
            shown &= ~hidden_genes(session)
    if session.only_selected:
        selected = np.zeros(n_genes, dtype=bool)
        selected[session.selection[session.selection < n_genes]] = True
        shown &= selected
    return shown


def hidden_genes(session: Session) -> NDArray[np.bool_]:
    """Return which genes belong to a hidden cluster, (n_genes,)."""
    hidden, model = np.zeros(len(session.gene_labels), dtype=bool), session.model
    if model is not None and model.hidden:
        hidden[model.genes[np.isin(model.cluster, list(model.hidden))]] = True
    return hidden


class Arrangement:
    """The order of all genes, and the group of each.

    Parameters
    ----------
    sort
        Column to sort by within groups, numbers from the highest; None for names.
    group
        Column to group by; None for no groups.
    rank
        (n_genes,) rank of each gene by name, which also breaks ties.
    modelled
        (n_genes,) whether a gene is in the model; None without one.
    """

    def __init__(
        self,
        sort: GeneColumn | None,
        group: GeneColumn | None,
        rank: NDArray[np.int64],
        modelled: NDArray[np.bool_] | None = None,
    ) -> None:
        self._groups, code = [Group("", 0)], np.zeros(len(rank), dtype=np.int64)
        if group is not None:
            self._groups, code = bands(group)
        if modelled is not None:
            self._groups = [*self._groups, Group(NOT_MODELLED if group is not None else "", 0)]
            code[~modelled] = len(self._groups) - 1
        keys: list[NDArray[np.generic]] = [rank]
        if sort is not None:
            # Clusters are in the order of their numbers; of other numbers the highest is first.
            keys.append(sort.key if not sort.numeric else -sort.key)
        self._code = code
        self._order = np.lexsort((*keys, code))

    def of(
        self, shown: NDArray[np.bool_], pinned: tuple[int, ...] = ()
    ) -> tuple[NDArray[np.int64], tuple[Group, ...]]:
        """Return the shown genes in order, and the non-empty groups.

        Parameters
        ----------
        shown
            (n_genes,) which genes to list.
        pinned
            Positions of genes that are listed before all others, and in their own place as well, so
            that pinning does not move other genes.
        """
        genes = self._order[shown[self._order]]
        counts = np.bincount(self._code[genes], minlength=len(self._groups))
        groups = [
            replace(group, count=int(count))
            for group, count in zip(self._groups, counts, strict=True)
            if count
        ]
        if len(genes) < _FEWEST_UNDER_A_HEAD * len(groups):
            groups = [Group("", len(genes))] if len(genes) else []
        first = np.array([gene for gene in pinned if shown[gene]], dtype=np.int64)
        if len(first):
            others = [replace(group, label=group.label or ALL) for group in groups]
            groups = [Group(PINNED, len(first)), *others]
        return np.concatenate([first, genes]), tuple(groups)


def bands(column: GeneColumn) -> tuple[list[Group], NDArray[np.int64]]:
    """Group genes by a column: by its texts, or by about eight bands of its numbers.

    Returns
    -------
    list of Group
        Without counts, the highest numbers first; genes without a value are last.
    ndarray
        (n_genes,) group of each gene.
    """
    known = column.known
    if not known.any():
        return [Group("", 0)], np.zeros(len(known), dtype=np.int64)
    code = np.zeros(len(known), dtype=np.int64)
    if column.numeric:
        labels, code[known] = _number_bands(column.values[known].astype(np.float64))
    else:
        _, first, inverse = np.unique(column.key[known], return_index=True, return_inverse=True)
        labels = [str(text) for text in column.values[known][first]]
        code[known] = inverse.reshape(-1)
    if column.name == CLUSTER:
        groups = [
            Group(f"Cluster {label}" if label.isdigit() else label, 0, column.colours.get(label))
            for label in labels
        ]
    else:
        groups = [Group(label, 0) for label in labels]
    code[~known] = len(groups)
    return [*groups, Group(UNKNOWN, 0)], code


def _number_bands(values: NDArray[np.float64]) -> tuple[list[str], NDArray[np.int64]]:
    """Return labels, the highest band first, and the band of each value."""
    low, high = np.quantile(values, [0.005, 0.995])
    raw = (high - low) / _BANDS
    if raw <= 0:
        return [f"{low:.3g}"], np.zeros(len(values), dtype=np.int64)
    unit = 10.0 ** np.floor(np.log10(raw))
    step = unit * next(nice for nice in (1, 2, 5, 10) if nice * unit >= raw * (1 - 1e-9))
    edges = np.arange(np.floor(low / step) + 1, np.ceil(high / step)) * step
    labels = [f"{a:.6g} to {b:.6g}" for a, b in pairwise(edges)]
    if len(edges):
        labels = [f"below {edges[0]:.6g}", *labels, f"{edges[-1]:.6g} and more"]
    else:
        labels = [f"{low:.3g} to {high:.3g}"]
    # A value on an edge belongs to the band above, whatever the rounding of the edge.
    band = np.searchsorted(edges - 1e-9 * step, values, side="right")
    return labels[::-1], len(edges) - band
