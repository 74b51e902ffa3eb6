"""The gallery, by mouse and keyboard in a real window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import cast

import napari
import numpy as np
import pytest
from anndata import AnnData
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QApplication, QComboBox, QWidget
from scipy import sparse

from darlc.data.dataset import Dataset
from darlc.events import Finished, Memberships
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.images.statistics import morans_i
from darlc.results.result import Result
from darlc.results.second_patterns import SecondPatterns
from napari_darlc.session.preferences import remembered
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import layers_of
from napari_darlc.widgets.gallery.delegate import FRAME
from napari_darlc.widgets.gallery.gallery import GeneGallery
from napari_darlc.widgets.gallery.model import ImageRole, ToolTipRole

Learn = Callable[[Session, Result], None]


@pytest.fixture
def gallery(session: Session, qtbot: QtBot) -> GeneGallery:
    """Return a gallery on the screen, of no napari window."""
    gallery = GeneGallery(cast(napari.Viewer, None), session)
    qtbot.addWidget(gallery)
    gallery.resize(360, 480)
    gallery.show()
    qtbot.waitUntil(gallery.view.isVisible)
    return gallery


@pytest.fixture
def docked(viewer: napari.Viewer, window_session: Session, qtbot: QtBot) -> GeneGallery:
    """Return a gallery in a dock of a napari window."""
    gallery = GeneGallery(viewer)
    viewer.window.add_dock_widget(gallery, area="right")
    qtbot.waitUntil(gallery.view.isVisible)
    return gallery


def shown(gallery: GeneGallery) -> list[str]:
    model = gallery.model
    return [model.data(model.index(row)) for row in range(model.rowCount())]


def click(gallery: GeneGallery, name: str, qtbot: QtBot) -> None:
    index = gallery.model.index(shown(gallery).index(name))
    gallery.view.scrollTo(index)
    where = gallery.view.visualRect(index).center()
    qtbot.mouseClick(gallery.view.viewport(), Qt.MouseButton.LeftButton, pos=where)


def test_without_a_dataset_it_says_what_to_do(viewer: napari.Viewer, qtbot: QtBot) -> None:
    gallery = GeneGallery(viewer)
    viewer.window.add_dock_widget(gallery)
    qtbot.waitUntil(gallery.no_dataset.isVisible)
    assert "Open Sample" in gallery.no_dataset.text()
    assert not gallery.controls.search.isEnabled()


def test_a_gallery_that_comes_later_begins_at_the_current_gene(
    session: Session, qtbot: QtBot
) -> None:
    session.gene = 6
    gallery = GeneGallery(cast(napari.Viewer, None), session)
    qtbot.addWidget(gallery)
    gallery.controls.size_slider.setValue(gallery.controls.size_slider.maximum())
    gallery.resize(300, 320)
    gallery.show()
    view = gallery.view
    qtbot.waitUntil(lambda: view.is_in_view(view.currentIndex()))
    assert gallery.model.gene_at(view.currentIndex().row()) == 6
    assert view.verticalScrollBar().value() < view.verticalScrollBar().maximum()


def test_what_has_a_pattern_comes_first_before_there_is_a_model(
    gallery: GeneGallery, session: Session, qtbot: QtBot
) -> None:
    assert session.images is not None
    moran = morans_i(session.images.expression(), session.images.grid.neighbours)
    expected = [f"Gene{i}" for i in np.argsort(-moran)]
    qtbot.waitUntil(lambda: shown(gallery) == expected)
    assert gallery.controls.orders.currentText() == "Sort: Moran's I"
    assert gallery.view.verticalScrollBar().value() == 0
    assert gallery.count.text() == "12 of 12 genes"
    assert gallery.view.isVisible()


def test_modelled_genes_by_cluster_and_confidence(
    gallery: GeneGallery, session: Session, result: Result, learn: Learn, qtbot: QtBot
) -> None:
    result.membership[3] = [0.9, 0.05, 0.05]
    learn(session, result)
    expected = ["Gene3", "Gene0", "Gene6", "Gene1", "Gene4", "Gene7", "Gene2", "Gene5", "Gene8"]
    qtbot.waitUntil(lambda: shown(gallery) == expected)
    assert gallery.count.text() == "9 of 9 genes"
    tip = gallery.model.data(gallery.model.index(0), Qt.ItemDataRole.ToolTipRole)
    lines = str(tip).splitlines()
    assert lines[:4] == ["Gene3", "cluster 1", "second cluster 2", "confidence 0.9"]


def test_a_chosen_order_stays_with_other_tissues_and_clusters(
    gallery: GeneGallery,
    session: Session,
    dataset: Dataset,
    images: SGEPImages,
    result: Result,
    learn: Learn,
    qtbot: QtBot,
) -> None:
    choose(gallery.controls.orders, "Sort: name", qtbot)
    session.open(dataset, images)
    learn(session, result)
    assert gallery.controls.orders.currentText() == "Sort: name"
    choose(gallery.controls.groups, "No groups", qtbot)
    qtbot.waitUntil(lambda: shown(gallery) == [f"Gene{i}" for i in range(9)])


def test_search_by_typing(gallery: GeneGallery, qtbot: QtBot) -> None:
    choose(gallery.controls.orders, "Sort: name", qtbot)
    qtbot.keyClicks(gallery.controls.search, "gENE1")
    assert shown(gallery) == ["Gene1", "Gene10", "Gene11"]
    assert gallery.count.text() == "3 of 12 genes"
    gallery.controls.search.clear()
    qtbot.keyClicks(gallery.controls.search, "*e1, Gene7 8")
    assert shown(gallery) == ["Gene1", "Gene7", "Gene8"]
    qtbot.keyClick(gallery.controls.search, Qt.Key.Key_Return)
    assert gallery.session.gene_name == "Gene1"


def test_search_without_a_match_says_so(gallery: GeneGallery, qtbot: QtBot) -> None:
    qtbot.keyClicks(gallery.controls.search, "nothing")
    assert gallery.no_match.isVisible()
    assert gallery.no_match.text().startswith("No gene matches “nothing”.")
    gallery.controls.search.clear()
    assert gallery.view.isVisible()


def test_a_click_shows_the_gene_in_the_viewer(
    docked: GeneGallery, window_session: Session, viewer: napari.Viewer, qtbot: QtBot
) -> None:
    click(docked, "Gene7", qtbot)
    assert window_session.gene_name == "Gene7"
    assert viewer.dims.current_step[0] == 7


def test_arrow_keys_walk_through_the_genes(
    gallery: GeneGallery, session: Session, qtbot: QtBot
) -> None:
    click(gallery, "Gene0", qtbot)
    qtbot.keyClick(gallery.view, Qt.Key.Key_Right)
    assert session.gene_name == "Gene1"
    qtbot.keyClick(gallery.controls.search, Qt.Key.Key_Down)
    assert gallery.window().focusWidget() is gallery.view


def test_it_follows_the_slider(docked: GeneGallery, viewer: napari.Viewer) -> None:
    viewer.dims.set_current_step(0, 5)
    current = docked.view.currentIndex()
    assert docked.model.gene_at(current.row()) == 5
    assert docked.view.selectionModel().isSelected(current)


def test_a_gene_in_sight_does_not_move_the_scroll(
    gallery: GeneGallery, session: Session, qtbot: QtBot
) -> None:
    gallery.controls.size_slider.setValue(160)
    bar = gallery.view.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    session.gene = 0
    bar.setValue(7)
    seen = gallery.view.indexAt(QPoint(20, 30))
    session.gene = gallery.model.gene_at(seen.row())
    assert bar.value() == 7
    session.gene = gallery.model.gene_at(11)
    assert bar.value() > 7


def test_frames_have_the_clusters_colour(
    gallery: GeneGallery, session: Session, result: Result, learn: Learn, qtbot: QtBot
) -> None:
    learn(session, result)
    qtbot.waitUntil(lambda: gallery.model.rowCount() == 9)
    gallery.view.scrollToTop()
    picture = gallery.view.viewport().grab().toImage()
    assert session.model is not None
    for row in (0, 1, 3):
        frame = gallery.view.genes.frame_rect(gallery.view.visualRect(gallery.model.index(row)))
        if not gallery.view.viewport().rect().contains(frame):
            continue
        colour = session.model.colours[session.cluster_of(gallery.model.gene_at(row))]
        for inset in (0, FRAME - 1):
            at = QPoint(frame.center().x(), frame.y() + inset)
            assert picture.pixelColor(at).name() == colour
        below = QPoint(frame.center().x(), frame.y() + FRAME)
        assert picture.pixelColor(below).name() != colour


def test_frames_of_sums_have_both_colours(
    gallery: GeneGallery, session: Session, result: Result, learn: Learn, qtbot: QtBot
) -> None:
    gene = int(np.argmax(result.cluster == 0))
    second = SecondPatterns.none(result.n_genes)
    second.cluster[gene], second.share[gene], second.probability[gene] = 1, 0.4, 0.9
    learn(session, result)
    session.receive(Finished(replace(result, second_patterns=second)))
    qtbot.waitUntil(lambda: gallery.model.rowCount() == 9)
    row = gallery.model.row_of(gene)
    gallery.view.scrollTo(gallery.model.index(row))
    frame = gallery.view.genes.frame_rect(gallery.view.visualRect(gallery.model.index(row)))
    picture = gallery.view.viewport().grab().toImage()
    top = [picture.pixelColor(x, frame.y() + 1).name() for x in range(frame.x(), frame.right() + 1)]
    own, also = result.cluster_colours[:2]
    assert top.count(also) == round(0.4 * frame.width())
    assert top == [own] * (len(top) - top.count(also)) + [also] * top.count(also)
    said = str(gallery.model.data(gallery.model.index(row), ToolTipRole))
    assert "also cluster 2 (40%)" in said.splitlines()


def test_new_memberships_keep_the_current_gene_in_place(
    gallery: GeneGallery, session: Session, result: Result, learn: Learn, qtbot: QtBot
) -> None:
    gallery.controls.size_slider.setValue(160)
    learn(session, result)
    qtbot.waitUntil(lambda: gallery.model.rowCount() == 9)
    session.gene = 4
    bar = gallery.view.verticalScrollBar()
    bar.setValue(bar.value() + 5)
    before = gallery.view.visualRect(gallery.model.index(gallery.model.row_of(4)))
    order = shown(gallery)
    session.receive(Memberships("joint", result.membership[:, [1, 2, 0]]))
    qtbot.waitUntil(lambda: shown(gallery) != order)
    after = gallery.view.visualRect(gallery.model.index(gallery.model.row_of(4)))
    assert after.top() == before.top() or bar.value() in (0, bar.maximum())
    assert session.gene == 4


def test_thumbnails_in_view_are_drawn(
    gallery: GeneGallery, session: Session, images: SGEPImages, qtbot: QtBot
) -> None:
    index = gallery.model.index(0)
    qtbot.waitUntil(lambda: gallery.model.data(index, ImageRole) is not None)
    picture = gallery.model.data(index, ImageRole)
    assert picture.pixelColor(0, 0).alpha() == 0
    assert picture.pixelColor(picture.width() // 2, picture.height() // 2).alpha() == 255


def test_only_what_is_in_view_is_drawn(
    gallery: GeneGallery, images: SGEPImages, qtbot: QtBot
) -> None:
    many = 20_000
    names = np.array([f"g{i:05d}" for i in range(many)])
    large = SGEPImages(
        matrix=sparse.random_array(
            (images.n_pixels, many), density=0.02, format="csc", dtype=np.float32, random_state=0
        ),
        grid=images.grid,
        gene_names=names,
        observation_pixel=images.observation_pixel,
    )
    drawn: list[int] = []
    gallery.pictures.drawing.answered.connect(lambda key, pictures: drawn.extend(pictures))
    adata = AnnData(sparse.csr_array((images.n_pixels, many), dtype=np.float32))
    adata.var_names = list(names)
    gallery.session.open(Dataset(adata), large)
    assert gallery.count.text() == "20,000 of 20,000 genes"
    last = gallery.model.index(many - 1)
    gallery.view.scrollTo(last)
    qtbot.waitUntil(lambda: many - 1 in drawn)
    assert len(set(drawn)) < 500


def test_raw_or_denoised(
    gallery: GeneGallery, session: Session, result: Result, learn: Learn, qtbot: QtBot
) -> None:
    index = gallery.model.index(0)
    assert gallery.controls.raw.isChecked() and not gallery.controls.denoised.isEnabled()
    qtbot.waitUntil(lambda: gallery.model.data(index, ImageRole) is not None)
    raw = gallery.model.data(index, ImageRole)
    learn(session, result)
    assert gallery.controls.denoised.isEnabled() and gallery.controls.denoised.isChecked()
    qtbot.waitUntil(lambda: gallery.model.data(index, ImageRole) != raw)
    qtbot.mouseClick(gallery.controls.raw, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: gallery.model.data(index, ImageRole) == raw)


def test_size_of_the_thumbnails(gallery: GeneGallery, qtbot: QtBot) -> None:
    gallery.controls.size_slider.setValue(50)
    small = gallery.view.visualRect(gallery.model.index(0)).height()
    gallery.controls.size_slider.setValue(150)
    assert gallery.view.visualRect(gallery.model.index(0)).height() - small == pytest.approx(
        100, abs=3
    )


def test_a_cluster_alone(
    gallery: GeneGallery, session: Session, result: Result, learn: Learn, qtbot: QtBot
) -> None:
    learn(session, result)
    session.cluster = 1
    qtbot.waitUntil(lambda: shown(gallery) == ["Gene1", "Gene4", "Gene7"])
    assert (
        gallery.controls.narrowing.cluster.isVisible()
        and gallery.controls.narrowing.cluster.text().startswith("Cluster 2")
    )
    qtbot.mouseClick(gallery.controls.narrowing.cluster, Qt.MouseButton.LeftButton)
    assert gallery.model.rowCount() == 9
    assert not gallery.controls.narrowing.cluster.isVisible()
    assert session.cluster == -1


def test_cancel_shows_all_genes_again(
    gallery: GeneGallery, session: Session, result: Result, learn: Learn, qtbot: QtBot
) -> None:
    learn(session, result)
    qtbot.waitUntil(lambda: gallery.model.rowCount() == 9)
    session.cancel()
    qtbot.waitUntil(lambda: gallery.model.rowCount() == 12)
    assert gallery.controls.raw.isChecked()


def test_the_current_gene_is_marked(
    gallery: GeneGallery,
    session: Session,
    colours_of: Callable[[QWidget], Counter[str]],
    qtbot: QtBot,
) -> None:
    session.gene = 2
    assert colours_of(gallery.view.viewport())["#4c8df6"] > 200
    gallery.controls.search.setText("Gene3")
    assert colours_of(gallery.view.viewport())["#4c8df6"] == 0


def test_a_closed_gallery_hears_no_more(viewer: napari.Viewer, session: Session) -> None:
    gallery = GeneGallery(viewer, session)
    dock = viewer.window.add_dock_widget(gallery)
    before = len(session.gene_changed)
    viewer.window.remove_dock_widget(dock)
    gallery.deleteLater()
    napari.qt.get_qapp().sendPostedEvents(None, 52)  # deferred deletions
    assert len(session.gene_changed) < before
    session.gene = 3


def test_the_current_gene_stays_in_view_when_the_gallery_is_resized(
    gallery: GeneGallery, session: Session, qtbot: QtBot
) -> None:
    gallery.resize(1100, 480)
    session.gene = 11
    qtbot.waitUntil(lambda: gallery.view.is_in_view(gallery.view.currentIndex()))
    gallery.resize(280, 300)

    def seen() -> bool:
        # (The bars above take another line, so that the view is resized twice.)
        place = gallery.view.visualRect(gallery.view.currentIndex())
        return gallery.view.viewport().rect().contains(place.center())

    qtbot.waitUntil(seen)


# ------------------------------------------------------------ order, groups, pins, selections


def heads(gallery: GeneGallery) -> list[tuple[str, int]]:
    return [(group.label, group.count) for group in gallery.model.groups]


def choose(box: QComboBox, text: str, qtbot: QtBot) -> None:
    """Choose by keyboard, as from an open list."""
    row = box.findText(text)
    assert row >= 0
    box.setFocus()
    step = Qt.Key.Key_Down if row > box.currentIndex() else Qt.Key.Key_Up
    while box.currentIndex() != row:
        qtbot.keyClick(box, step)


@pytest.fixture
def learnt(
    gallery: GeneGallery, session: Session, result: Result, learn: Learn, qtbot: QtBot
) -> GeneGallery:
    """Return a gallery of a session whose training has ended."""
    result.membership[3] = [0.9, 0.05, 0.05]
    learn(session, result)
    session.receive(Finished(result))
    qtbot.waitUntil(lambda: gallery.model.rowCount() == 9)
    return gallery


def test_groups_have_heads_with_their_colour(learnt: GeneGallery, session: Session) -> None:
    assert heads(learnt) == [("Cluster 1", 3), ("Cluster 2", 3), ("Cluster 3", 3)]
    learnt.view.scrollToTop()
    picture = learnt.view.viewport().grab().toImage()
    first = learnt.view.visualRect(learnt.model.index(0))
    assert first.top() > 15
    assert session.model is not None
    above = {picture.pixelColor(x, first.top() // 2 + 2).name() for x in range(4, 20)}
    assert session.model.colours[0] in above


def test_order_and_groups_are_chosen(learnt: GeneGallery, session: Session, qtbot: QtBot) -> None:
    choose(learnt.controls.groups, "No groups", qtbot)
    assert heads(learnt) == [("", 9)]
    assert shown(learnt)[0] == "Gene3"
    choose(learnt.controls.orders, "Sort: name", qtbot)
    assert shown(learnt) == [f"Gene{i}" for i in range(9)]
    choose(learnt.controls.orders, "Sort: cluster", qtbot)
    assert shown(learnt)[:3] == ["Gene0", "Gene3", "Gene6"]
    choose(learnt.controls.orders, "Sort: mean", qtbot)
    assert session.images is not None
    mean = session.images.expression().mean(axis=1)[:9]
    expected = [f"Gene{i}" for i in np.argsort(-mean)]
    qtbot.waitUntil(lambda: shown(learnt) == expected)
    choose(learnt.controls.orders, "Sort: Moran's I", qtbot)
    moran = morans_i(session.images.expression(), session.images.grid.neighbours)[:9]
    assert shown(learnt) == [f"Gene{i}" for i in np.argsort(-moran)]
    choose(learnt.controls.groups, "Group: initial", qtbot)
    assert heads(learnt) == [("G", 9)]


def test_genes_outside_the_model(learnt: GeneGallery, session: Session, qtbot: QtBot) -> None:
    qtbot.keyClicks(learnt.controls.search, "Gene1")
    assert shown(learnt) == ["Gene1"]
    assert "2 more genes match outside of what is listed" in learnt.told.text()
    assert learnt.told.isVisible()
    learnt.told.linkActivated.emit("all")
    assert learnt.controls.everything.isChecked()
    assert shown(learnt) == ["Gene1", "Gene10", "Gene11"]
    assert learnt.count.text() == "3 of 12 genes"
    learnt.controls.search.clear()
    assert heads(learnt)[-1] == ("Not in the model", 3)
    learnt.controls.everything.setChecked(False)
    qtbot.keyClicks(learnt.controls.search, "Gene10")
    assert learnt.told.text().startswith("1 gene matches outside of what is listed")
    assert learnt.no_match.text().startswith("No gene that is listed matches “Gene10”.")
    learnt.controls.search.clear()
    assert not learnt.told.isVisible()


def test_a_pasted_list_tells_what_is_missing(gallery: GeneGallery, qtbot: QtBot) -> None:
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    clipboard.setText("Gene2\nGENE5\nMissing\nGene\n")
    gallery.controls.search.setFocus()
    gallery.controls.search.paste()
    assert shown(gallery) == ["Gene2", "Gene5"]
    assert gallery.told.isVisible()
    assert gallery.told.text() == "Not found: Missing, Gene."


def test_return_shows_the_gene_of_just_that_name(gallery: GeneGallery, qtbot: QtBot) -> None:
    gallery.session.gene = 5
    choose(gallery.controls.orders, "Sort: mean", qtbot)
    qtbot.keyClicks(gallery.controls.search, "gene1")
    qtbot.keyClick(gallery.controls.search, Qt.Key.Key_Return)
    assert gallery.session.gene_name == "Gene1"
    assert gallery.window().focusWidget() is gallery.view


def test_space_pins_without_moving_anything(learnt: GeneGallery, qtbot: QtBot) -> None:
    session, view = learnt.session, learnt.view
    click(learnt, "Gene7", qtbot)
    place = view.visualRect(view.currentIndex())
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert session.pinned == (7,)
    assert heads(learnt)[0] == ("Pinned", 1)
    assert shown(learnt)[0] == "Gene7" and shown(learnt).count("Gene7") == 2
    assert learnt.count.text() == "9 of 9 genes"
    # The current gene is the one in its own place, and that is where it was.
    assert view.currentIndex().row() > 0
    assert view.visualRect(view.currentIndex()).top() == place.top()
    qtbot.keyClick(view, Qt.Key.Key_Space)
    assert session.pinned == () and heads(learnt)[0] == ("Cluster 1", 3)
    session.undo()
    assert heads(learnt)[0] == ("Pinned", 1)


def test_a_pinned_gene_is_walked_from_where_it_was_clicked(
    learnt: GeneGallery, qtbot: QtBot
) -> None:
    session, view = learnt.session, learnt.view
    session.pin(7)
    session.pin(2)
    view.scrollToTop()
    first = view.visualRect(learnt.model.index(0)).center()
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=first)
    assert session.gene == 7 and view.currentIndex().row() == 0
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert session.gene == 2 and view.currentIndex().row() == 1
    session.gene = 7
    assert view.currentIndex().row() > 1


def test_a_pin_is_seen(
    learnt: GeneGallery, colours_of: Callable[[QWidget], Counter[str]], qtbot: QtBot
) -> None:
    learnt.controls.search.setText("Gene4")
    assert colours_of(learnt.view.viewport())["#4c8df6"] == 0
    learnt.session.pin(4)
    assert colours_of(learnt.view.viewport())["#4c8df6"] > 30


def test_keys_walk_across_heads(learnt: GeneGallery, qtbot: QtBot) -> None:
    learnt.resize(280, 480)
    click(learnt, "Gene3", qtbot)
    qtbot.keyClick(learnt.view, Qt.Key.Key_End)
    assert learnt.session.gene_name == "Gene8"
    qtbot.keyClick(learnt.view, Qt.Key.Key_Home)
    assert learnt.session.gene_name == "Gene3"
    qtbot.keyClick(learnt.view, Qt.Key.Key_Down)
    assert learnt.session.gene_name == "Gene6"
    qtbot.keyClick(learnt.view, Qt.Key.Key_Down)
    assert learnt.session.gene_name == "Gene1"
    qtbot.keyClick(learnt.view, Qt.Key.Key_Left)
    assert learnt.session.gene_name == "Gene6"


def test_letters_lead_into_the_search(gallery: GeneGallery, qtbot: QtBot) -> None:
    click(gallery, "Gene3", qtbot)
    qtbot.keyClicks(gallery.view, "g")
    qtbot.keyClicks(gallery.controls.search, "ene4")
    assert shown(gallery) == ["Gene4"]


def test_ctrl_and_shift_select(learnt: GeneGallery, qtbot: QtBot) -> None:
    session, view = learnt.session, learnt.view
    click(learnt, "Gene3", qtbot)

    def press(name: str, held: Qt.KeyboardModifier) -> None:
        index = learnt.model.index(shown(learnt).index(name))
        view.scrollTo(index)
        where = view.visualRect(index).center()
        qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, held, where)

    press("Gene6", Qt.KeyboardModifier.ShiftModifier)
    assert session.selection.tolist() == [0, 3, 6]
    press("Gene0", Qt.KeyboardModifier.ControlModifier)
    press("Gene8", Qt.KeyboardModifier.ControlModifier)
    assert session.selection.tolist() == [3, 6, 8]
    assert session.gene_name == "Gene3"
    assert learnt.model.rowCount() == 9
    assert learnt.controls.narrowing.selection.text() == "3 selected"
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert not len(session.selection)
    assert not learnt.controls.narrowing.selection.isVisible()


def test_only_the_selected_are_shown(learnt: GeneGallery, session: Session, qtbot: QtBot) -> None:
    narrowing = learnt.controls.narrowing
    session.select([1, 2, 4, 11])
    assert shown(learnt) == ["Gene1", "Gene4", "Gene2"]
    assert learnt.count.text() == "3 of 3 genes"
    assert narrowing.selection.isChecked()
    qtbot.mouseClick(narrowing.selection, Qt.MouseButton.LeftButton)
    assert not session.only_selected and learnt.model.rowCount() == 9
    qtbot.mouseClick(narrowing.selection, Qt.MouseButton.LeftButton)
    assert learnt.model.rowCount() == 3
    qtbot.mouseClick(narrowing.clear, Qt.MouseButton.LeftButton)
    assert learnt.model.rowCount() == 9 and not len(session.selection)


def test_hidden_clusters_are_not_shown(learnt: GeneGallery, session: Session, qtbot: QtBot) -> None:
    assert session.clusters is not None
    session.edit("hide 2", session.clusters.shown(1, False))
    qtbot.waitUntil(lambda: heads(learnt) == [("Cluster 1", 3), ("Cluster 3", 3)])
    assert learnt.count.text() == "6 of 6 genes"
    qtbot.keyClicks(learnt.controls.search, "gene1")
    assert learnt.no_match.isVisible()


def test_the_size_of_thumbnails_is_remembered(
    gallery: GeneGallery, session: Session, qtbot: QtBot
) -> None:
    before = gallery.controls.size_slider.value()
    gallery.controls.size_slider.setValue(101)
    another = GeneGallery(cast(napari.Viewer, None), session)
    qtbot.addWidget(another)
    assert another.controls.size_slider.value() == 101
    gallery.controls.size_slider.setValue(before)


def test_another_dataset_replaces_the_genes(
    gallery: GeneGallery, session: Session, dataset: Dataset
) -> None:
    session.select([1, 11])
    session.pin(11)
    smaller = dataset.adata[:, :4].copy()
    session.open(Dataset(smaller), rasterize(smaller))
    assert shown(gallery) == [f"Gene{i}" for i in range(4)]
    assert not gallery.controls.narrowing.isVisible()


def test_the_names_of_all_selected_genes_are_copied(
    gallery: GeneGallery, session: Session, qtbot: QtBot
) -> None:
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    click(gallery, "Gene5", qtbot)
    qtbot.keyClick(gallery.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard.text() == "Gene5"
    session.pin(7)
    session.select([2, 7, 9], only=False)
    qtbot.keyClick(gallery.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert sorted(clipboard.text().splitlines()) == ["Gene2", "Gene7", "Gene9"]


@pytest.mark.parametrize(
    ("key", "held"),
    [
        (Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier),
        (
            Qt.Key.Key_Z,
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
        ),
    ],
)
def test_redo_works_by_every_platforms_key_and_is_no_switch_to_3d(
    docked: GeneGallery,
    viewer: napari.Viewer,
    key: Qt.Key,
    held: Qt.KeyboardModifier,
    qtbot: QtBot,
) -> None:
    viewer.window.activate()
    docked.view.setFocus()
    qtbot.waitUntil(docked.view.hasFocus)
    docked.session.pin(3)
    qtbot.keyClick(docked.view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert docked.session.pinned == ()
    qtbot.keyClick(docked.view, key, held)
    assert docked.session.pinned == (3,) and viewer.dims.ndisplay == 2


def test_genes_are_coloured_once_there_are_clusters(
    gallery: GeneGallery, session: Session, result: Result, learn: Learn, qtbot: QtBot
) -> None:
    assert not gallery.controls.coloured.isEnabled() and not session.coloured
    learn(session, result)
    assert gallery.controls.coloured.isChecked() and session.coloured
    box = gallery.controls.coloured
    qtbot.waitUntil(box.isEnabled)
    qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))
    assert not session.coloured
    session.receive(Memberships("joint", result.membership))
    assert not gallery.controls.coloured.isChecked()
    session.coloured = True
    assert gallery.controls.coloured.isChecked()
    session.coloured = False
    learn(session, result)
    assert session.coloured  # another run


def test_the_colour_bar_is_remembered(
    docked: GeneGallery, viewer: napari.Viewer, qtbot: QtBot
) -> None:
    assert not layers_of(viewer).colour_bar
    docked.controls.colour_bar.click()
    assert layers_of(viewer).colour_bar and remembered("explorer", "colour_bar")
    again = GeneGallery(viewer)
    qtbot.addWidget(again)
    assert again.controls.colour_bar.isChecked()
