"""The list of what the points of the gene map can be coloured by."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QComboBox, QSizePolicy

from darlc.images.sgep_images import SGEPImages
from napari_darlc.genes.columns import (
    CLUSTER,
    CONFIDENCE,
    MEAN,
    MORANS_I,
    RESULT_PREFIX,
    SECOND,
    SHARE,
    GeneColumn,
    model_columns,
)
from napari_darlc.session.session import Session
from napari_darlc.widgets.gene_lists.measuring import measuring_of
from napari_darlc.widgets.map.colours import MOST_DISTINCT

_BY_MODEL = (CLUSTER, CONFIDENCE, SECOND)
_MEASURED = (MORANS_I, MEAN, SHARE)


class ColourChoice(QComboBox):
    """Chooses a column of the genes; slow columns are added once they are computed.

    Until the user chooses, it is the cluster where there are clusters, and Moran's I before.

    Parameters
    ----------
    session
        Whose genes these are.
    """

    #: Another column is chosen, or its values changed.
    column_changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._chosen = ""
        self._images: SGEPImages | None = None
        self._known: dict[str, GeneColumn] = {}
        self._measuring = measuring_of(session)
        self._measuring.known.connect(self._on_known)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(9)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.activated.connect(self._on_activated)

    @property
    def column(self) -> GeneColumn | None:
        """The chosen column; None while it is not known yet."""
        name = self.currentText()
        if name in _BY_MODEL:
            columns = model_columns(self._session.model, len(self._session.gene_labels))
            return next(column for column in columns if column.name == name)
        return self._known.get(name)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns to choose from."""
        texts = [self.itemText(i) for i in range(self.count())]
        return tuple(text for text in texts if text)

    def choose(self, name: str) -> None:
        """Choose a column by its name; one that is not there is not chosen."""
        if self.findText(name) >= 0:
            self._chosen = name
            self.refresh()

    def refresh(self) -> None:
        """Update the choices; the chosen column stays, if it still exists."""
        session = self._session
        images = session.images
        if images is not self._images:
            self._images = images
            self._read_columns()
            self._measuring.measure()
        by_model = _BY_MODEL if session.model is not None and session.model.n_clusters else ()
        from_file = tuple(name for name in self._known if name not in _MEASURED)
        names = by_model + (_MEASURED if images is not None else ()) + from_file
        now = self._chosen if self._chosen in names else next(iter(names), "")
        self._fill((by_model, _MEASURED if images is not None else (), from_file), now)
        column = self.column
        tip = "Colour the genes by what is known of them"
        self.setToolTip(tip if column is None else f"{tip}: {column.tip}")
        self.column_changed.emit()

    def _fill(self, groups: tuple[tuple[str, ...], ...], now: str) -> None:
        if self.names != tuple(name for group in groups for name in group):
            self.clear()
            for group in groups:
                if group and self.count():
                    self.insertSeparator(self.count())
                self.addItems(group)
        self.setCurrentIndex(self.findText(now, Qt.MatchFlag.MatchExactly))

    def _on_activated(self) -> None:
        self.choose(self.currentText())

    def _on_known(self) -> None:
        if self._images is self._session.images:
            self._read_columns()
            self.refresh()

    def _read_columns(self) -> None:
        """Take what is measured of the genes, and what their file says that makes groups."""
        n_genes = 0 if self._images is None else self._images.n_genes
        from_file = (each for each in self._measuring.from_file if _makes_groups(each, n_genes))
        self._known = {each.name: each for each in (*self._measuring.measured, *from_file)}


def _makes_groups(column: GeneColumn, n_genes: int) -> bool:
    if len(column.values) != n_genes or column.name.startswith(RESULT_PREFIX):
        return False
    return column.numeric or len(set(column.values.tolist())) <= MOST_DISTINCT
