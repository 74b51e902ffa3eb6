"""The genes of the gallery as a Qt model: which are shown, their order, and their thumbnails."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QAbstractListModel, QModelIndex, QObject, Qt, Signal
from qtpy.QtGui import QImage

from napari_darlc.genes.columns import (
    ALSO,
    CLUSTER,
    CONFIDENCE,
    SECOND,
    SUM,
    GeneColumn,
    model_columns,
)
from napari_darlc.genes.listing import Arrangement, Group, hidden_genes, listed
from napari_darlc.genes.search import Found, names_of
from napari_darlc.session.session import Session
from napari_darlc.widgets.gene_lists.measuring import measuring_of

NameRole = Qt.ItemDataRole.DisplayRole
ToolTipRole = Qt.ItemDataRole.ToolTipRole
GeneRole = Qt.ItemDataRole.UserRole + 1
ClusterRole = Qt.ItemDataRole.UserRole + 2
ColourRole = Qt.ItemDataRole.UserRole + 3
ImageRole = Qt.ItemDataRole.UserRole + 4

#: Genes may be sorted and grouped by their names, too; there is no column of that.
NAME = "Name"
#: Pictures kept; at the largest size these are about 150 MB.
_MOST_PICTURES = 1500


class Cell(NamedTuple):
    """What a gene's cell shows."""

    name: str
    cluster: str
    colour: str | None
    picture: QImage | None
    pinned: bool
    selected: bool
    #: Colour of a second pattern that the gene follows, and its share of the gene's molecules.
    also_colour: str | None = None
    also_share: float = 0.0


class GeneListModel(QAbstractListModel):
    """Genes that match a search, sorted and grouped.

    Parameters
    ----------
    session
        Where the genes, clusters, selection and pins come from.
    parent
        Owner.
    """

    #: A picture is wanted that has not been drawn: the gene's position among all genes.
    picture_wanted = Signal(int)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._names: NDArray[np.str_] = np.empty(0, dtype=np.str_)
        self._rank = np.empty(0, dtype=np.int64)
        self._genes = np.empty(0, dtype=np.int64)
        self._row = np.empty(0, dtype=np.int64)
        self._columns: dict[str, GeneColumn] = {}
        self._measuring = measuring_of(session)
        self._marked = np.empty(0, dtype=bool)
        self._arrangement: Arrangement | None = None
        self._pictures: dict[int, QImage] = {}
        self._stale: set[int] = set()
        self._search = ""
        self._sort, self._group = CONFIDENCE, CLUSTER
        self._everything = False
        #: Returns what more is said of a gene's picture under the pointer.
        self.describe_picture: Callable[[int], str] = lambda _gene: ""
        #: What the search found, among all genes.
        self.found = Found(np.empty(0, dtype=bool))
        #: Genes under one head, from the top.
        self.groups: tuple[Group, ...] = ()
        #: Number of genes that would be shown without a search; hidden ones are not.
        self.n_candidates = 0
        #: Of those, the ones that match; and the ones that match, but are not among those.
        self.n_shown, self.n_elsewhere = 0, 0
        #: Pinned genes stand in the first rows, and in their own place as well.
        self.n_pinned = 0

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Return how many rows there are, those of pinned genes among them."""
        return 0 if parent is not None and parent.isValid() else len(self._genes)

    def cell(self, row: int) -> Cell:
        """Return the content of a row's cell; a missing thumbnail is requested."""
        gene = int(self._genes[row])
        cluster = self._columns[CLUSTER]
        name = str(cluster.values[gene])
        picture = self._pictures.get(gene)
        if picture is None or gene in self._stale:
            self.picture_wanted.emit(gene)
        return Cell(
            str(self._names[gene]),
            name,
            cluster.colours.get(name),
            picture,
            gene in self._session.pinned,
            bool(self._marked[gene]),
            *self._also(gene),
        )

    def _also(self, gene: int) -> tuple[str | None, float]:
        """Return the colour and the share of a gene's second pattern."""
        model = self._session.model
        row = None if model is None else model.row_of.get(gene)
        if model is None or row is None or model.second_patterns is None or model.also[row] < 0:
            return None, 0.0
        return model.colours[model.also[row]], float(model.second_patterns.share[row])

    def data(self, index: QModelIndex, role: int = NameRole) -> object:
        """Return one part of what a gene's cell shows."""
        if not index.isValid() or index.row() >= len(self._genes):
            return None
        if role == ToolTipRole:
            return self._describe(self.gene_at(index.row()))
        if role == GeneRole:
            return self.gene_at(index.row())
        if role not in (NameRole, ClusterRole, ColourRole, ImageRole):
            return None
        cell = self.cell(index.row())
        return {
            NameRole: cell.name,
            ClusterRole: cell.cluster,
            ColourRole: cell.colour,
            ImageRole: cell.picture,
        }[role]

    def gene_at(self, row: int) -> int:
        """Return the gene in a row."""
        return int(self._genes[row])

    @property
    def genes(self) -> NDArray[np.int64]:
        """Positions of the genes among all genes, by row."""
        return self._genes

    @property
    def pictures(self) -> dict[int, QImage]:
        """Thumbnails by gene, without those that are to be drawn again."""
        return {gene: each for gene, each in self._pictures.items() if gene not in self._stale}

    def row_of(self, gene: int, among_pinned: bool = False) -> int:
        """Return a gene's row in its own place, or among the pinned ones; -1 where it has none."""
        if among_pinned and len(rows := np.flatnonzero(self._genes[: self.n_pinned] == gene)):
            return int(rows[0])
        return int(self._row[gene]) if 0 <= gene < len(self._row) else -1

    @property
    def search(self) -> str:
        """What is searched for."""
        return self._search

    def set_search(self, search: str) -> None:
        """Show only the genes that match."""
        self._search = search
        self._show()

    def arrange(self, sort: str, group: str, everything: bool) -> None:
        """Choose order, groups and whether genes without an answer are shown.

        Parameters
        ----------
        sort, group
            ``NAME``, a column's name, or, of groups, empty for none.
        everything
            Whether genes without an answer are shown, too.
        """
        self._sort, self._group, self._everything = sort, group, everything
        self.refresh()

    @property
    def arranged_by_measures(self) -> bool:
        """Whether the order depends on what was measured in the tissue."""
        measured = {column.name for column in self._measuring.measured}
        return bool({self._sort, self._group} & measured)

    def refresh(self) -> None:
        """Read genes, clusters, pins and selection from the session again."""
        session = self._session
        if session.gene_labels is not self._names:
            self._names = session.gene_labels
            folded = np.array([str(name).casefold() for name in self._names])
            self._rank = np.argsort(np.argsort(folded, kind="stable"))
            self._pictures.clear()
            self._stale.clear()
        measured = self._measuring.measured
        columns = (*model_columns(session.model, len(self._names)), *measured)
        self._columns = {column.name: column for column in columns}
        self._arrangement = self._arranged()
        self._show()

    def _arranged(self) -> Arrangement:
        model = self._session.model
        modelled = None
        if model is not None:
            modelled = np.zeros(len(self._names), dtype=bool)
            modelled[model.genes] = True
        group = self._columns.get(self._group)
        if self._group == NAME:
            initials = np.array([str(name)[:1].upper() for name in self._names], dtype=object)
            group = GeneColumn.of_text(NAME, initials)
        sort = self._columns.get(self._sort)
        return Arrangement(sort, group, self._rank, modelled)

    def _show(self) -> None:
        if self._arrangement is None or self._session.gene_labels is not self._names:
            # The arrangement is of another dataset.
            self.refresh()
            return
        self.beginResetModel()
        session = self._session
        shown = listed(session, self._everything)
        self._marked = np.zeros(len(shown), dtype=bool)
        if not session.only_selected:
            selection = session.selection
            self._marked[selection[selection < len(shown)]] = True
        self.n_candidates = int(shown.sum())
        self.found = Found(np.ones(len(shown), dtype=bool))
        if session.images is not None and self._search.strip():
            names = names_of(session.images, session.gene_labels, session.dataset)
            self.found = names.find(self._search)
        matching = self.found.genes & ~hidden_genes(session)
        self.n_elsewhere = int((matching & ~shown).sum()) if self._search.strip() else 0
        matching = self.found.genes & shown
        self.n_shown = int(matching.sum())
        self._genes, self.groups = self._arrangement.of(matching, session.pinned)
        self.n_pinned = len(self._genes) - self.n_shown
        self._row = np.full(len(shown), -1)
        self._row[self._genes[self.n_pinned :]] = np.arange(self.n_pinned, len(self._genes))
        self.endResetModel()

    def set_pictures(self, pictures: dict[int, QImage]) -> None:
        """Add thumbnails by gene, and remove the oldest ones."""
        for gene, picture in pictures.items():
            self._pictures.pop(gene, None)
            self._pictures[gene] = picture
        self._stale.difference_update(pictures)
        for gene in list(self._pictures)[: max(0, len(self._pictures) - _MOST_PICTURES)]:
            del self._pictures[gene]
        self._announce()

    def redraw_pictures(self) -> None:
        """Request all thumbnails again; the old ones are shown until the new ones are drawn."""
        self._stale = set(self._pictures)
        self._announce()

    def _announce(self) -> None:
        if len(self._genes):
            self.dataChanged.emit(self.index(0), self.index(len(self._genes) - 1), [ImageRole])

    def _describe(self, gene: int) -> str:
        lines = [str(self._names[gene])]
        words = {CLUSTER: "cluster", CONFIDENCE: "confidence", SECOND: "second cluster"}
        model = self._session.model
        if model is not None and (row := model.row_of.get(gene)) is not None:
            lines += [text] if (text := model.also_text(row)) else []
        for name, column in self._columns.items():
            if name not in (ALSO, SUM) and (text := column.text(gene)):
                lines.append(f"{words.get(name, name)} {text}")
        if more := self.describe_picture(gene):
            lines.append(more)
        return "\n".join(lines)
