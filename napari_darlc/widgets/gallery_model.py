"""The genes of the gallery as a Qt model: which are shown, in which order, and their looks."""

from __future__ import annotations

import re
from fnmatch import translate

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QAbstractListModel, QModelIndex, QObject, Qt, Signal
from qtpy.QtGui import QImage

from napari_darlc.session import Session

NameRole = Qt.ItemDataRole.DisplayRole
ToolTipRole = Qt.ItemDataRole.ToolTipRole
GeneRole = Qt.ItemDataRole.UserRole + 1
ClusterRole = Qt.ItemDataRole.UserRole + 2
ColourRole = Qt.ItemDataRole.UserRole + 3
ImageRole = Qt.ItemDataRole.UserRole + 4

#: Pictures kept; at the largest size these are about 150 MB.
_MOST_PICTURES = 1500


class GeneListModel(QAbstractListModel):
    """Genes that match a search, sorted by cluster and confidence, before that by name.

    Parameters
    ----------
    session
        Where the genes, clusters and colours come from.
    parent
        Owner.
    """

    #: A picture is wanted that has not been drawn: the gene's position among all genes.
    picture_wanted = Signal(int)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._names: NDArray[np.str_] = np.empty(0, dtype=np.str_)
        self._folded: list[str] = []
        self._searched: list[str] = []
        self._rank = np.empty(0, dtype=np.int64)
        self._genes = np.empty(0, dtype=np.int64)
        self._cluster = np.empty(0, dtype=np.int64)
        self._confidence = np.empty(0, dtype=np.float32)
        self._row_of: dict[int, int] = {}
        self._colours: tuple[str, ...] = ()
        self._cluster_names: tuple[str, ...] = ()
        self._pictures: dict[int, QImage] = {}
        self._stale: set[int] = set()
        self._search = ""
        self._only = -1
        self.n_candidates = 0

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Return how many genes are shown."""
        return 0 if parent is not None and parent.isValid() else len(self._genes)

    def data(self, index: QModelIndex, role: int = NameRole) -> object:
        """Return what a gene's cell shows."""
        if not index.isValid() or index.row() >= len(self._genes):
            return None
        gene = int(self._genes[index.row()])
        cluster = int(self._cluster[gene])
        if role == NameRole:
            return str(self._names[gene])
        if role == GeneRole:
            return gene
        if role == ClusterRole:
            return self._cluster_names[cluster] if cluster >= 0 else ""
        if role == ColourRole:
            return self._colours[cluster] if cluster >= 0 else None
        if role == ImageRole:
            picture = self._pictures.get(gene)
            if picture is None or gene in self._stale:
                self.picture_wanted.emit(gene)
            return picture
        if role == ToolTipRole:
            return self._describe(gene, cluster)
        return None

    def gene_at(self, row: int) -> int:
        """Return the gene in a row."""
        return int(self._genes[row])

    def row_of(self, gene: int) -> int:
        """Return a gene's row; -1 where it is not shown."""
        return self._row_of.get(gene, -1)

    @property
    def search(self) -> str:
        """What is searched for."""
        return self._search

    def set_filter(self, search: str, cluster: int) -> None:
        """Show only the genes that match, and only those of a cluster (-1 for all)."""
        self._search, self._only = search, cluster
        self.refresh()

    def refresh(self) -> None:
        """Read genes, clusters and colours from the session again."""
        self.beginResetModel()
        images, model = self._session.images, self._session.model
        names = self._session.gene_labels
        if names is not self._names:
            self._names, self._folded = names, [str(name).casefold() for name in names]
            self._searched = self._folded
            if images is not None and images.gene_names is not names:
                # Labels are shown, but the names of the file are found as well.
                both = zip(self._folded, images.gene_names, strict=True)
                self._searched = [f"{label}\n{str(name).casefold()}" for label, name in both]
            self._rank = np.argsort(np.argsort(self._folded, kind="stable"))
            self._pictures.clear()
        self._cluster = np.full(len(names), -1, dtype=np.int64)
        self._confidence = np.zeros(len(names), dtype=np.float32)
        candidates = np.arange(len(names))
        self._colours, self._cluster_names = (), ()
        if model is not None:
            candidates = model.genes
            self._colours, self._cluster_names = model.colours, model.names
            if model.membership is not None:
                self._cluster[model.genes] = model.cluster
                self._confidence[model.genes] = model.confidence
        self.n_candidates = len(candidates)
        if self._only >= 0:
            candidates = candidates[self._cluster[candidates] == self._only]
        search = GeneSearch(self._search)
        found = [gene for gene in candidates.tolist() if search.matches(self._searched[gene])]
        genes = np.array(found, dtype=np.int64)
        order = (self._rank[genes], -self._confidence[genes], self._cluster[genes])
        self._genes = genes[np.lexsort(order)]
        self._row_of = {gene: row for row, gene in enumerate(self._genes.tolist())}
        self.endResetModel()

    def set_pictures(self, pictures: dict[int, QImage]) -> None:
        """Take drawn pictures, by gene, and show them; the oldest make room."""
        for gene, picture in pictures.items():
            self._pictures.pop(gene, None)
            self._pictures[gene] = picture
        self._stale.difference_update(pictures)
        for gene in list(self._pictures)[: max(0, len(self._pictures) - _MOST_PICTURES)]:
            del self._pictures[gene]
        if len(self._genes):
            self.dataChanged.emit(self.index(0), self.index(len(self._genes) - 1), [ImageRole])

    def redraw_pictures(self) -> None:
        """Ask for every picture again; the old ones stand in until the new ones are drawn."""
        self._stale = set(self._pictures)
        if len(self._genes):
            self.dataChanged.emit(self.index(0), self.index(len(self._genes) - 1), [ImageRole])

    def _describe(self, gene: int, cluster: int) -> str:
        name = str(self._names[gene])
        if cluster < 0:
            return name
        return (
            f"{name}\ncluster {self._cluster_names[cluster]}\n"
            f"confidence {self._confidence[gene]:.2f}"
        )


class GeneSearch:
    """Tells whether gene names match what was typed.

    Parameters
    ----------
    typed
        Several names may be separated by commas or spaces, and one match is enough. A name with
        ``*`` or ``?`` matches as a whole, another one anywhere within the gene's name; upper and
        lower case are the same.
    """

    def __init__(self, typed: str) -> None:
        terms = [term for term in re.split(r"[\s,;]+", typed.casefold()) if term]
        self._parts = [term for term in terms if not set(term) & set("*?")]
        self._whole = [re.compile(translate(term)) for term in terms if set(term) & set("*?")]

    def matches(self, folded: str) -> bool:
        """Tell whether a gene matches by any of its names; without any term every gene does.

        The names are case-folded, one a line.
        """
        if not self._parts and not self._whole:
            return True
        return any(part in folded for part in self._parts) or any(
            whole.match(name) for whole in self._whole for name in folded.split("\n")
        )
