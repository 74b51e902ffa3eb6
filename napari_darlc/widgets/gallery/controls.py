"""Controls of the gallery: search, order, groups, raw or denoised, size."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)
from superqt import QFlowLayout

from napari_darlc.genes.columns import ALSO, CLUSTER, CONFIDENCE, MEAN, MORANS_I, SUM
from napari_darlc.saving.figures import Drawing, genes_drawing
from napari_darlc.session.session import Session
from napari_darlc.widgets.common.figure_button import FigureButton
from napari_darlc.widgets.gallery.model import NAME
from napari_darlc.widgets.gene_lists.narrowing import Narrowing

_SIZES = (40, 160)
#: Most genes of a figure.
_MOST_DRAWN = 24
_GROUPS = {
    "Group: cluster": CLUSTER,
    "Group: also follows": ALSO,
    "Group: confidence": CONFIDENCE,
    "Group: Moran's I": MORANS_I,
    "Group: mean": MEAN,
    "Group: initial": NAME,
    "No groups": "",
}
_ORDERS = {
    "Sort: confidence": CONFIDENCE,
    "Sort: cluster": CLUSTER,
    "Sort: sum of two": SUM,
    "Sort: Moran's I": MORANS_I,
    "Sort: mean": MEAN,
    "Sort: name": NAME,
}


class GalleryControls(QWidget):
    """The controls of the gallery; rows of them wrap where the dock is narrow.

    Parameters
    ----------
    session
        Session with selection and singled-out cluster.
    size
        Size of the thumbnails at first.
    """

    #: Another order or grouping, or genes without an answer, are wanted.
    arrangement_changed = Signal()
    #: Denoised views are wanted (or raw ones), by a click.
    view_chosen = Signal(bool)
    #: Another size of thumbnails is wanted.
    size_chosen = Signal(int)

    def __init__(self, session: Session, size: int) -> None:
        super().__init__()
        self._session = session
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search genes: MBP, PLP* …")
        self.search.setClearButtonEnabled(True)
        self.search.setToolTip(
            "Part of a name, also of those in other columns of the file; * and ? stand for any "
            "letters.\nSeveral names: separate them by commas or spaces, or paste a list, whose "
            "names must then be whole.\nReturn shows the gene of that name, or the first match."
        )
        self.count = QLabel()
        self.count.setToolTip("Genes shown, of all that have an answer (before training: of all)")
        self.narrowing = Narrowing(session)

        self.raw, self.denoised = QPushButton("Raw"), QPushButton("Denoised")
        self.raw.setToolTip("Thumbnails of the expression as measured")
        self._views = QButtonGroup(self)
        for button in (self.raw, self.denoised):
            button.setCheckable(True)
            self._views.addButton(button)
        self.raw.setChecked(True)
        self._views.buttonClicked.connect(self._on_view)

        self.groups = _choices(
            _GROUPS,
            "Which genes stand under one head: those of a cluster, those that also follow "
            "another cluster's pattern, or those of about the same confidence, Moran's I or mean "
            "expression",
        )
        self.orders = _choices(
            _ORDERS,
            "In which order the genes of a group stand: numbers from the highest, of the "
            "membership, of the probability that a gene is a sum of two patterns, of Moran's I of "
            "the raw view, or of mean expression",
        )
        self.everything = QCheckBox("All")
        self.everything.setToolTip("List the genes with too few molecules for an answer, too")
        self.coloured = QCheckBox("Cluster colours")
        self.coloured.setToolTip("Draw the current gene on the canvas in its cluster's colour")
        self.colour_bar = QCheckBox("Colour bar")
        self.colour_bar.setToolTip("Show beside the gene on the canvas what its colours mean")
        self.all_sections = QCheckBox("All sections")
        self.all_sections.setToolTip("Draw each gene in all sections of the study")
        self.all_sections.hide()
        self.automatic = QPushButton("Automatic look")
        self.automatic.setToolTip(
            "Colours or contrast of the canvas were set by hand and stay so for every gene;\n"
            "this has them made for each gene again"
        )
        self.automatic.hide()
        self.groups.currentIndexChanged.connect(self._on_arrangement)
        self.orders.currentIndexChanged.connect(self._on_arrangement)
        self.orders.activated.connect(self._on_order_chosen)
        self._order_chosen = False
        self.everything.toggled.connect(self._on_arrangement)

        self.size_slider = QSlider(Qt.Orientation.Horizontal)
        self.size_slider.setRange(*_SIZES)
        self.size_slider.setValue(size)
        self.size_slider.setFixedWidth(60)
        self.size_slider.setToolTip("Size of the thumbnails")
        self.size_slider.valueChanged.connect(self.size_chosen)
        self.figure = FigureButton(
            session,
            f"Draw the selected genes (the first {_MOST_DRAWN}), or the current one raw, denoised "
            "and with the residual",
            self._drawing,
        )
        self._lay_out()

    def _lay_out(self) -> None:
        views = QWidget()
        both = QHBoxLayout(views)
        both.setContentsMargins(0, 0, 0, 0)
        both.setSpacing(2)
        both.addWidget(self.raw)
        both.addWidget(self.denoised)
        first = QHBoxLayout()
        first.addWidget(self.search, 1)
        first.addWidget(self.narrowing)
        first.addWidget(self.count)
        second = QFlowLayout()
        second.setContentsMargins(0, 0, 0, 0)
        second.setHorizontalSpacing(4)
        second.setVerticalSpacing(4)
        shown = (
            views, self.groups, self.orders, self.everything, self.size_slider, self.all_sections,
            self.coloured, self.colour_bar, self.automatic, self.figure,
        )  # fmt: skip
        for widget in shown:
            # The same height for all, to align slider and box.
            widget.setFixedHeight(self.groups.sizeHint().height())
            second.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(first)
        layout.addLayout(second)

    @property
    def sort(self) -> str:
        """Name of the column that the genes are sorted by."""
        return str(self.orders.currentData())

    @property
    def group(self) -> str:
        """Name of the column that the genes are grouped by; empty for none."""
        return str(self.groups.currentData())

    def prefer_order(self, name: str) -> None:
        """Sort by a column, silently, unless the user has chosen what to sort by."""
        if not self._order_chosen:
            self.orders.blockSignals(True)
            self.orders.setCurrentIndex(self.orders.findData(name))
            self.orders.blockSignals(False)

    def allow(self, dataset: bool, model: bool) -> None:
        """Enable what makes sense with a dataset, and with a model."""
        for widget in (self.search, self.size_slider, self.groups, self.orders, self.raw):
            widget.setEnabled(dataset)
        self.everything.setEnabled(model)

    def offer_denoised(self, there: bool, chosen: bool) -> None:
        """Enable denoised views where there are any, and show which views are shown."""
        self.denoised.setEnabled(there)
        self.denoised.setToolTip(
            "Thumbnails as the GAT denoiser reconstructs them"
            if there
            else "Denoised thumbnails come with training"
        )
        (self.denoised if chosen else self.raw).setChecked(True)

    def _drawing(self) -> Drawing | None:
        """Return a figure of the selected genes, or of the current one."""
        session, images = self._session, self._session.images
        if images is None:
            return None
        chosen = session.selection[:_MOST_DRAWN]
        if not len(chosen):
            return genes_drawing([session.gene_name], session.gene_label)
        return genes_drawing(images.gene_names[chosen].tolist(), "genes")

    def _on_view(self) -> None:
        self.view_chosen.emit(self.denoised.isChecked())

    def _on_order_chosen(self, _index: int) -> None:
        self._order_chosen = True

    def _on_arrangement(self, _value: object) -> None:
        self.arrangement_changed.emit()


def _choices(choices: dict[str, str], tip: str) -> QComboBox:
    box = QComboBox()
    for text, data in choices.items():
        box.addItem(text, data)
    # Narrower than the widest choice, which is rarely shown.
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(10)
    box.setToolTip(tip)
    return box
