"""One gene and one of its views, for a colour: by name, from the pinned ones, or the current."""

from __future__ import annotations

from typing import Literal, cast, get_args

from qtpy.QtCore import QEvent, QObject, QSize, QStringListModel, Qt, Signal
from qtpy.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QCompleter,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QWidget,
)

from darlc.errors import InputError
from napari_darlc.canvas.comparison import Choice, View
from napari_darlc.event_filters import while_whole
from napari_darlc.session.session import Session
from napari_darlc.widgets.common.style import text_colour
from napari_darlc.widgets.gene_lists.typed_genes import included_genes

NONE, CURRENT = "none", "current gene"
#: Names that are offered while the user types.
_OFFERED = 12
#: Text, ground and frame of their list; the name that is chosen has the colours swapped.
_OFFERED_STYLE = (
    "QListView {{ color: {0}; background: {1}; border: 1px solid {2}; outline: none;"
    " selection-background-color: {2}; selection-color: {0}; }}"
)


class GeneChooser(QWidget):
    """A row: a colour, the gene that is shown in it, and which of its views.

    Parameters
    ----------
    session
        Whose genes are offered.
    word, colour
        What the colour is called, and ``#rrggbb``.
    names
        What all genes are called; shared by the rows.
    """

    #: Another gene or view was chosen.
    chosen = Signal()
    #: Emitted with an error if the typed name is not a gene, and empty once it is corrected.
    complained = Signal(str)

    def __init__(self, session: Session, word: str, colour: str, names: QStringListModel) -> None:
        super().__init__()
        self._session = session
        self._gene: int | Literal["none"] | None = "none"
        swatch = QLabel()
        swatch.setFixedSize(QSize(16, 16))
        swatch.setStyleSheet(f"background: {colour}; border-radius: 3px;")
        swatch.setToolTip(f"This gene is shown in {word}")
        self.gene = QComboBox()
        self.gene.setEditable(True)
        self.gene.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.gene.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.gene.setMinimumContentsLength(8)
        self.gene.setToolTip(
            f"The gene shown in {word}: type a name, or choose a pinned gene;\n"
            "the current gene follows the slider"
        )
        completer = QCompleter(names, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchStartsWith)
        completer.setMaxVisibleItems(_OFFERED)
        self.gene.setCompleter(completer)
        # A separate window, to which the dock's theme does not apply.
        if (offered := completer.popup()) is not None:
            offered.installEventFilter(self)
        self.view = QComboBox()
        self.view.addItems(get_args(View))
        self.view.setToolTip(
            "Which view of it is shown; a gene with too few molecules has the raw one only"
        )
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for part in (swatch, self.gene, self.view):
            layout.addWidget(part)
        self.offer()
        self.gene.activated.connect(self._on_typed)
        line = self.gene.lineEdit()
        assert line is not None
        line.editingFinished.connect(self._on_typed)
        self.view.currentIndexChanged.connect(self._on_view)

    @property
    def choice(self) -> Choice | None:
        """What is chosen; None for no gene."""
        if self._gene == "none":
            return None
        return Choice(self._gene, cast(View, self.view.currentText()))

    def choose(self, gene: int | Literal["none"] | None) -> None:
        """Choose a gene by position; None for the current one."""
        self._gene = gene
        self._write()

    def offer(self) -> None:
        """Offer the genes that are pinned now."""
        labels = [str(self._session.gene_labels[gene]) for gene in self._session.pinned]
        self.gene.clear()
        self.gene.addItems([NONE, CURRENT, *labels])
        self._write()

    @while_whole
    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Give the names that are offered the colours of the dock's theme."""
        shown = event is not None and event.type() == QEvent.Type.Show
        if shown and isinstance(watched, QAbstractItemView):
            colours = (text_colour(self, share).name() for share in (1.0, 0.1, 0.35))
            watched.setStyleSheet(_OFFERED_STYLE.format(*colours))
        return super().eventFilter(watched, event)

    def _write(self) -> None:
        if self._gene is None:
            text = CURRENT
        else:
            text = NONE if self._gene == "none" else str(self._session.gene_labels[self._gene])
        self.gene.setCurrentIndex(self.gene.findText(text, Qt.MatchFlag.MatchExactly))
        self.gene.setEditText(text)

    def _on_typed(self) -> None:
        text, images = self.gene.currentText().strip(), self._session.images
        gene: int | Literal["none"] | None = "none"
        if text.casefold() == CURRENT:
            gene = None
        elif text and text.casefold() != NONE and images is not None:
            try:
                gene = int(images.index(included_genes(self._session, [text]))[0])
            except InputError:
                self.complained.emit(f"{text} is not among the genes: check the spelling.")
                return
        self.complained.emit("")
        if gene != self._gene:
            self.choose(gene)
            self.chosen.emit()
        else:
            self._write()

    def _on_view(self) -> None:
        if self._gene != "none":
            self.chosen.emit()
