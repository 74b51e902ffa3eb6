"""The user's selection, pins, gene sets and edits of clusters, with undo and redo."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from darlc.results.clusters import Clusters
from darlc.results.gene_sets import GeneSets
from darlc.wording import counted
from napari_darlc.session.history import Chosen, History
from napari_darlc.session.shown import Shown
from napari_darlc.session.signals import Signal

#: Argument of each signal, as an attribute of the session.
_SENT = {
    "gene_changed": "gene",
    "cluster_selected": "cluster",
    "coloured_changed": "coloured",
    "only_selected_changed": "only_selected",
    "state_changed": "state",
    "opening_changed": "opening",
}


class Choices:
    """Selection, pins and edits of one viewer, with a common history.

    The part of `Session` that undo and redo restore. `shown` is replaced as a whole before signals
    are emitted, and signals of changes by a listener are emitted after those of the previous
    change. So all listeners see the same consistent state.
    """

    #: Emitted when the selection changed.
    selection_changed = Signal()
    #: Emitted when lists show only the selected genes, or all genes again.
    only_selected_changed = Signal(bool)
    #: Emitted when genes were pinned or unpinned.
    pinned_changed = Signal()
    #: Emitted when gene sets were made, combined, renamed or removed.
    gene_sets_changed = Signal()
    #: Emitted when undo, redo, or the need to save changed.
    history_changed = Signal()

    def __init__(self) -> None:
        self._shown = Shown()
        self._history = History()
        self._untold: deque[tuple[str, tuple[Any, ...] | None]] = deque()
        self._telling = False

    @property
    def shown(self) -> Shown:
        """The current state; it is replaced, never modified."""
        return self._shown

    @property
    def gene_labels(self) -> NDArray[np.str_]:
        """(n_genes,) displayed labels of all genes."""
        return self._shown.gene_labels

    @property
    def selection(self) -> NDArray[np.int64]:
        """Sorted positions of the selected genes among all genes; empty for none."""
        return self._shown.chosen.selection

    @selection.setter
    def selection(self, genes: ArrayLike) -> None:
        self.select(genes, only=self.only_selected)

    @property
    def only_selected(self) -> bool:
        """Whether gallery and table show the selected genes only; False without a selection."""
        return self._shown.chosen.only_selected

    @only_selected.setter
    def only_selected(self, only: bool) -> None:
        self.select(self.selection, only=only)

    def select(self, genes: ArrayLike, only: bool = True) -> None:
        """Select genes, by position among all genes, and show only these, or all."""
        n_genes = len(self.gene_labels)
        selection = np.unique(np.asarray(genes, dtype=np.int64))
        selection = selection[(selection >= 0) & (selection < n_genes)]
        only = only and len(selection) > 0
        if not len(selection):
            description = "clear the selection"
        elif np.array_equal(selection, self.selection):
            description = "show only the selection" if only else "show all genes"
        else:
            description = f"select {counted(len(selection), 'gene')}"
        self._step(description, selection=selection, only_selected=only)

    @property
    def pinned(self) -> tuple[int, ...]:
        """Positions of the pinned genes among all genes, in the order of pinning."""
        return self._shown.chosen.pinned

    def pin(self, gene: int) -> None:
        """Pin a gene, by its position among all genes, or unpin it."""
        if not 0 <= gene < len(self.gene_labels):
            return
        label = self.gene_labels[gene]
        if gene in self.pinned:
            rest = tuple(pinned for pinned in self.pinned if pinned != gene)
            self._step(f"unpin {label}", pinned=rest)
        else:
            self._step(f"pin {label}", pinned=(*self.pinned, int(gene)))

    @property
    def gene_sets(self) -> GeneSets:
        """The named sets of genes; those of a result are saved with it."""
        return self._shown.chosen.gene_sets

    def change_sets(self, description: str, sets: GeneSets) -> None:
        """Replace the gene sets.

        Parameters
        ----------
        description
            The change, as an imperative: "add the set myelin".
        sets
            Of genes by their names in the data.
        """
        self._step(description, gene_sets=sets)

    def genes_of(self, name: str) -> NDArray[np.int64]:
        """Return the positions of a set's genes among all genes; absent ones are left out."""
        if self._shown.images is None:
            return np.empty(0, dtype=np.int64)
        known = self._shown.images.gene_names
        return np.flatnonzero(np.isin(known, list(self.gene_sets[name].genes)))

    @property
    def can_undo(self) -> str:
        """Description of the step that ``undo`` reverts; empty where there is none."""
        return self._history.can_undo

    @property
    def can_redo(self) -> str:
        """Description of the step that ``redo`` repeats; empty where there is none."""
        return self._history.can_redo

    def undo(self) -> None:
        """Undo the last edit, selection, pin or change of the sets."""
        if (chosen := self._history.undo()) is not None:
            self._restore(chosen)

    def redo(self) -> None:
        """Redo the step that was undone last."""
        if (chosen := self._history.redo()) is not None:
            self._restore(chosen)

    def _step(self, description: str, **changes: Any) -> None:
        """Change what undo restores, and add a step to the history if anything changes."""
        before = self._shown.chosen
        after = replace(before, **changes)
        if not after.same_as(before):
            self._history.note(description, before, after)
            self._restore(after)

    def _restore(self, to: Chosen) -> None:
        before = self._shown
        shown = before.with_chosen(to)
        signals: tuple[str, ...] = ()
        if to.edited is not before.chosen.edited and before.result is not None:
            shown, signals = self._edited(shown, to.edited)
        self._swap(shown, *signals, *_changed(before.chosen, to), "history_changed")

    def _edited(self, shown: Shown, edited: Clusters | None) -> tuple[Shown, tuple[str, ...]]:
        """Return the state with edited clusters, or the model's own, and the signals to emit."""
        raise NotImplementedError

    def _swap(self, shown: Shown, *signals: str) -> None:
        """Replace the state, then emit these signals, in this order."""
        self._shown = shown
        self._emit(*signals)

    def _emit(self, *names: str) -> None:
        """Emit signals, after those that are being emitted have reached all listeners."""
        for name in names:
            if (name, None) not in self._untold:
                self._untold.append((name, None))
        self._deliver()

    def _deliver(self) -> None:
        if self._telling:
            return
        self._telling = True
        try:
            while self._untold:
                name, sent = self._untold.popleft()
                if sent is None:
                    # The current value, as the earlier one may be outdated.
                    sent = (getattr(self, _SENT[name]),) if name in _SENT else ()
                getattr(self, name).emit(*sent)
        finally:
            self._telling = False


def _changed(before: Chosen, to: Chosen) -> tuple[str, ...]:
    """Return the signals of changed choices."""
    signals = []
    if not np.array_equal(to.selection, before.selection):
        signals.append("selection_changed")
    if to.only_selected != before.only_selected:
        signals.append("only_selected_changed")
    if to.pinned != before.pinned:
        signals.append("pinned_changed")
    if to.gene_sets != before.gene_sets:
        signals.append("gene_sets_changed")
    return tuple(signals)
