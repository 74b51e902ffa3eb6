"""The gene gallery: every gene as a thumbnail, framed by the colour of its cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QModelIndex, QObject, QSize, Qt, QTimer
from qtpy.QtGui import QKeyEvent, QShowEvent
from qtpy.QtWidgets import QLabel, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from napari_darlc.event_filters import while_whole
from napari_darlc.genes.columns import CONFIDENCE, MEAN, MORANS_I
from napari_darlc.genes.section_pictures import SectionViews
from napari_darlc.session.preferences import remember, remembered
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import layers_of
from napari_darlc.widgets.common.following import follow
from napari_darlc.widgets.common.history_keys import HistoryKeys
from napari_darlc.widgets.common.limited_calls import throttled
from napari_darlc.widgets.common.shown_session import shown_session
from napari_darlc.widgets.common.style import ACCENT, NO_DATASET, empty_state, note
from napari_darlc.widgets.gallery.controls import GalleryControls
from napari_darlc.widgets.gallery.model import GeneListModel
from napari_darlc.widgets.gallery.pictures import GalleryPictures
from napari_darlc.widgets.gallery.view import GeneView
from napari_darlc.widgets.gene_lists.copying import copy_lines
from napari_darlc.widgets.gene_lists.measuring import measuring_of

if TYPE_CHECKING:
    import napari

#: Most names that were not found and are listed; the tooltip has all.
_MOST_MISSING = 5
#: How many times larger a picture of all sections is.
_WIDER = 2


class GeneGallery(QWidget):
    """Thumbnails of all genes, or of the modelled ones; a click shows a gene.

    Parameters
    ----------
    napari_viewer
        The viewer that the dock belongs to.
    session
        What is shown; the viewer's own by default.
    """

    def __init__(self, napari_viewer: napari.Viewer, session: Session | None = None) -> None:
        super().__init__()
        self._layers = layers_of(napari_viewer) if session is None else None
        self.session = session = shown_session(napari_viewer, session)
        self.model = GeneListModel(session, self)
        self.pictures = GalleryPictures(session, self.model, self)
        self.model.describe_picture = self.pictures.describe
        self._measuring = measuring_of(session)
        self._measuring.known.connect(self._on_measured)
        self._view_chosen = False
        self._rearranging = False
        self._seen = False
        #: Whether pictures show all sections.
        self._with_sections = False
        #: Whether the user has chosen a gene of this dataset here.
        self._walked = False
        #: Whether the current gene is marked among the pinned ones, not in its own place.
        self._at_pin = False
        self._build()
        HistoryKeys(session, self)

        self._refresh = throttled(self, self.rearrange)
        follow(
            self,
            (session.dataset_changed, self._on_dataset),
            (session.denoised_changed, self._on_denoised),
            (session.clusters_changed, self._on_clusters),
            (session.state_changed, self._on_clusters),
            (session.cluster_selected, self._on_narrowed),
            (session.only_selected_changed, self._on_narrowed),
            (session.selection_changed, self._on_selection),
            (session.pinned_changed, self.rearrange),
            (session.gene_changed, self._on_gene),
            (session.coloured_changed, self._on_coloured),
        )
        self.controls.colour_bar.setVisible(self._layers is not None)
        if self._layers is not None:
            self.controls.colour_bar.setChecked(bool(remembered("explorer", "colour_bar")))
            self._layers.colour_bar = self.controls.colour_bar.isChecked()
            self.controls.colour_bar.toggled.connect(self._on_colour_bar)
            follow(
                self,
                (self._layers.looks.changed, self._on_looks),
                (self._layers.sections.changed, self._on_sections),
            )
            self.controls.all_sections.toggled.connect(self._on_all_sections)
            self._on_looks()
        self._on_dataset()

    def _build(self) -> None:
        self.controls = GalleryControls(self.session, remembered("explorer", "thumbnail_size"))
        self.controls.search.textChanged.connect(self._on_search)
        self.controls.search.returnPressed.connect(self._show_first)
        self.controls.search.installEventFilter(self)
        self.controls.arrangement_changed.connect(self._on_arrangement)
        self.controls.view_chosen.connect(self._on_view_chosen)
        self.controls.size_chosen.connect(self._on_size)
        self.controls.coloured.clicked.connect(self._on_coloured_chosen)
        self.controls.automatic.clicked.connect(self._on_automatic)

        self.told = note()
        self.told.linkActivated.connect(self._search_all)
        self.told.hide()
        self.view = GeneView(self)
        self.view.setModel(self.model)
        self.view.selectionModel().currentChanged.connect(self._on_current)
        self.view.activated.connect(self._on_current)
        self.view.pin_asked.connect(self._pin)
        self.view.copy_asked.connect(self._copy)
        self.view.typed.connect(self._type)
        self.view.toggled.connect(self._toggle)
        self.view.spanned.connect(self._span)
        self.view.escaped.connect(self.controls.narrowing.select_none)
        self.no_match = empty_state()
        self.no_dataset = empty_state(NO_DATASET)
        self.pages = QStackedWidget()
        for page in (self.view, self.no_match, self.no_dataset):
            self.pages.addWidget(page)

        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.setSpacing(4)
        layout.addWidget(self.controls)
        layout.addWidget(self.told)
        layout.addWidget(self.pages, 1)
        self.setMinimumSize(260, 240)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)

    @property
    def count(self) -> QLabel:
        """Label with the number of genes shown."""
        return self.controls.count

    def sizeHint(self) -> QSize:
        """Return a size that shows a few columns."""
        return QSize(420, 520)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Scroll to the current gene at the first show, when the layout is known."""
        super().showEvent(event)
        if not self._seen:
            self._seen = True
            QTimer.singleShot(0, self._look_at_current)

    # ---------------------------------------------------------------- what is shown

    def rearrange(self) -> None:
        """Read genes and clusters again, keeping in place what the user is looking at."""
        gene, pinned, top = self._gene_to_keep()
        self._arrange()
        self._keep_in_place(gene, pinned, top)

    def _keep_in_place(self, gene: int, pinned: bool, top: int) -> None:
        """Scroll so that a gene's cell is again where it was; to the top, if it is gone."""
        if (row := self.model.row_of(gene, among_pinned=pinned)) >= 0:
            now = self.view.visualRect(self.model.index(row)).top()
            bar = self.view.verticalScrollBar()
            bar.setValue(bar.value() + now - top)
        else:
            self.view.scrollToTop()

    def _gene_to_keep(self) -> tuple[int, bool, int]:
        """Return what to keep in place: a gene, whether among the pinned ones, and its top.

        It is the current one, or else the first in view.
        """
        index = self.view.currentIndex()
        if not index.isValid() or not self.view.is_in_view(index):
            index = self.view.first_in_view()
        if not index.isValid():
            return -1, False, 0
        row = index.row()
        return self.model.gene_at(row), row < self.model.n_pinned, self.view.visualRect(index).top()

    def _after_model_change(self) -> None:
        there, searched = self.session.images is not None, self.controls.search.text().strip()
        shown, candidates = self.model.n_shown, self.model.n_candidates
        self.count.setText(f"{shown:,} of {candidates:,} genes" if there else "")
        self._describe_search(bool(searched))
        if not there:
            self.pages.setCurrentWidget(self.no_dataset)
        elif shown == 0:
            asked = f"“{searched}”" if searched else "what is chosen"
            which = "No gene that is listed" if self.model.n_elsewhere else "No gene"
            self.no_match.setText(f"{which} matches {asked}.\nClear the search to see all genes.")
            self.pages.setCurrentWidget(self.no_match)
        else:
            self.pages.setCurrentWidget(self.view)
        self.controls.allow(there, self.session.model is not None)
        self.controls.coloured.setEnabled(self.session.clusters is not None)
        self.controls.coloured.setChecked(self.session.coloured)
        self.controls.narrowing.refresh()
        self._mark_current()

    def _describe_search(self, searched: bool) -> None:
        """Show names that were not found, and matches that are not listed."""
        told, missing = [], self.model.found.missing
        if searched and missing and (len(missing) > 1 or self.model.found.genes.any()):
            more = (
                f" and {len(missing) - _MOST_MISSING} more" if len(missing) > _MOST_MISSING else ""
            )
            told.append(f"Not found: {', '.join(missing[:_MOST_MISSING])}{more}.")
        if elsewhere := self.model.n_elsewhere:
            more = "more " if self.model.n_shown else ""
            noun = "gene matches" if elsewhere == 1 else "genes match"
            told.append(
                f"{elsewhere:,} {more}{noun} outside of what is listed: "
                f"<a href='all' style='color: {ACCENT}'>list all genes</a>"
            )
        self.told.setText(" ".join(told))
        self.told.setToolTip("Not found:\n" + "\n".join(missing) if missing else "")
        self.told.setVisible(bool(told))

    def _search_all(self, _link: str) -> None:
        self.session.cluster = -1
        self.session.only_selected = False
        self.controls.everything.setChecked(True)

    def _mark_current(self) -> None:
        row = self.model.row_of(self.session.gene, among_pinned=self._at_pin)
        self._rearranging = True
        # Without auto-scroll the scroll position is kept.
        self.view.setAutoScroll(False)
        self.view.setCurrentIndex(self.model.index(row) if row >= 0 else QModelIndex())
        self.view.setAutoScroll(True)
        self._rearranging = False

    def _on_search(self, searched: str) -> None:
        self._rearranging = True
        self.model.set_search(searched)
        self._rearranging = False
        self._after_model_change()
        self._look_at_current()

    def _on_narrowed(self, _changed: object = None) -> None:
        self._on_search(self.controls.search.text())

    def _on_selection(self) -> None:
        # A selection that is only marked does not change the order.
        self._on_narrowed() if self.session.only_selected else self.rearrange()

    def _on_arrangement(self) -> None:
        self._arrange()
        self._look_at_current()

    def _arrange(self) -> None:
        # Without clusters, genes with a pattern are first, as most others are nearly black.
        clustered = self.session.clusters is not None
        self.controls.prefer_order(CONFIDENCE if clustered else MORANS_I)
        if {self.controls.sort, self.controls.group} & {MORANS_I, MEAN}:
            self._measuring.measure()
        self._rearranging = True
        self.model.arrange(
            self.controls.sort, self.controls.group, self.controls.everything.isChecked()
        )
        self._rearranging = False
        self._after_model_change()

    def _look_at_current(self) -> None:
        index = self.view.currentIndex()
        self.view.scrollTo(index) if index.isValid() else self.view.scrollToTop()

    def _on_dataset(self) -> None:
        self._view_chosen = self._at_pin = self._walked = False
        self.controls.all_sections.setVisible(
            self._layers is not None and self.session.study is not None
        )
        if self.session.images is not None:
            self._resize_pictures()
            if self._layers is not None and self.controls.all_sections.isChecked():
                self._layers.sections.read()
        self.model.redraw_pictures()
        self._on_arrangement()
        self._on_denoised()
        if (index := self.view.currentIndex()).isValid():
            self.view.scrollTo(index, GeneView.ScrollHint.PositionAtTop)

    def _on_measured(self) -> None:
        if self.model.arranged_by_measures:
            self.rearrange()
            if not self._walked and self.session.clusters is None:
                self.view.scrollToTop()

    def _on_clusters(self, _state: str = "") -> None:
        self._refresh.throttle()

    def _on_denoised(self) -> None:
        there = self.session.model is not None and self.session.model.denoised is not None
        denoised = there and (self.controls.denoised.isChecked() or not self._view_chosen)
        self.controls.offer_denoised(there, denoised)
        if self._with_sections:
            self._resize_pictures()  # one of them has other views
        self.pictures.show(denoised)

    def _on_view_chosen(self, denoised: bool) -> None:
        self._view_chosen = True
        self.pictures.show(denoised)

    def _on_size(self, size: int) -> None:
        remember("explorer", "thumbnail_size", size)
        if self.session.images is None:
            return
        anchor = self._gene_to_keep()
        self._resize_pictures()
        self._keep_in_place(*anchor)
        self.model.redraw_pictures()

    def _on_all_sections(self, wanted: bool) -> None:
        assert self._layers is not None
        if wanted and self._layers.sections.views is None:
            self._layers.sections.read()  # and then they are drawn
        else:
            self._on_size(self.controls.size_slider.value())

    def _on_sections(self) -> None:
        """Draw all sections once their views are computed."""
        if self._all_sections() is not None and not self._with_sections:
            self._on_size(self.controls.size_slider.value())

    def _all_sections(self) -> tuple[SectionViews, ...] | None:
        """Return the views of all sections, where they are wanted and computed."""
        wanted = self._layers is not None and self.controls.all_sections.isChecked()
        return self._layers.sections.views if wanted and self._layers is not None else None

    def _resize_pictures(self) -> None:
        ratio, sections = self.devicePixelRatioF(), self._all_sections()
        self._with_sections = sections is not None
        times = 1 if sections is None else _WIDER
        side = round(self.controls.size_slider.value() * times * ratio)
        width, height = self.pictures.resize(side, sections)
        self.view.genes.picture = QSize(round(width / ratio), round(height / ratio))
        self.view.fit_columns()

    def _on_coloured(self, coloured: bool) -> None:
        self.controls.coloured.setChecked(coloured)

    def _on_colour_bar(self, shown: bool) -> None:
        remember("explorer", "colour_bar", shown)
        if self._layers is not None:
            self._layers.colour_bar = shown

    def _on_coloured_chosen(self, coloured: bool) -> None:
        if self._layers is not None:
            # Who asks for the clusters' colours, or for none, wants no other.
            self._layers.looks.forget_colormaps()
        self.session.coloured = coloured

    def _on_looks(self) -> None:
        if self._layers is not None:
            self.controls.automatic.setVisible(self._layers.looks.by_hand)

    def _on_automatic(self) -> None:
        if self._layers is not None:
            self._layers.draw_automatically()

    # ---------------------------------------------------------------- genes one by one

    def _on_current(self, index: QModelIndex) -> None:
        if not self._rearranging and index.isValid():
            self._at_pin = index.row() < self.model.n_pinned
            self._walked = True
            self.session.gene = self.model.gene_at(index.row())

    def _on_gene(self, gene: int) -> None:
        index = self.view.currentIndex()
        if not index.isValid() or self.model.gene_at(index.row()) != gene:
            self._at_pin = False
            self._mark_current()
            index = self.view.currentIndex()
        if index.isValid() and not self.view.viewport().rect().contains(
            self.view.visualRect(index).center()
        ):
            self.view.scrollTo(index)

    def _show_first(self) -> None:
        """Show the gene whose whole name was typed, else the first that matches."""
        if not self.model.rowCount():
            return
        row = self.model.row_of(self.model.found.exact)
        self.session.gene = self.model.gene_at(max(row, 0))
        self.view.setFocus()

    def _pin(self) -> None:
        if (index := self.view.currentIndex()).isValid():
            self.session.pin(self.model.gene_at(index.row()))

    def _copy(self) -> None:
        """Copy the names of the selected genes, in the gallery's order; else of the current one."""
        session = self.session
        chosen = set(session.selection.tolist()) or {session.gene}
        listed = dict.fromkeys(gene for gene in self.model.genes.tolist() if gene in chosen)
        # Genes that are selected but not listed stay selected.
        copy_lines(
            str(session.gene_labels[gene]) for gene in [*listed, *sorted(chosen - set(listed))]
        )

    def _type(self, text: str) -> None:
        self.controls.search.setFocus()
        self.controls.search.insert(text)

    def _toggle(self, row: int) -> None:
        chosen = set(self.session.selection.tolist()) ^ {self.model.gene_at(row)}
        self.session.select(sorted(chosen), only=self.session.only_selected)

    def _span(self, first: int, last: int) -> None:
        low, high = sorted((first, last))
        genes = self.model.genes[low : high + 1]
        self.session.select(genes, only=self.session.only_selected)

    @while_whole
    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Move the focus from the search to the genes with the down key."""
        if (
            watched is self.controls.search
            and isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.KeyPress
            and event.key() == Qt.Key.Key_Down
        ):
            self.view.setFocus()
            return True
        return super().eventFilter(watched, event)
