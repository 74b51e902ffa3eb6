"""The gallery, by mouse and keyboard in a real window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import cast

import napari
import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QWidget
from scipy import sparse

from darlc.data.images import SGEPImages
from darlc.data.result import Result
from darlc.events import Memberships
from napari_darlc.session import Session
from napari_darlc.widgets.gallery import GeneGallery
from napari_darlc.widgets.gallery_delegate import FRAME
from napari_darlc.widgets.gallery_model import GeneSearch, ImageRole

Learn = Callable[[Session, Result], None]


@pytest.fixture
def gallery(session: Session, qtbot: QtBot) -> GeneGallery:
    """Return a gallery on the screen, of no napari window."""
    gallery = GeneGallery(cast(napari.Viewer, None), session)
    qtbot.addWidget(gallery)
    gallery.resize(360, 480)
    gallery.show()
    qtbot.waitUntil(gallery.view.isVisible, timeout=20_000)
    return gallery


@pytest.fixture
def docked(viewer: napari.Viewer, window_session: Session, qtbot: QtBot) -> GeneGallery:
    """Return a gallery in a dock of a napari window."""
    gallery = GeneGallery(viewer)
    viewer.window.add_dock_widget(gallery, area="right")
    qtbot.waitUntil(gallery.view.isVisible, timeout=20_000)
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
    qtbot.waitUntil(gallery.no_dataset.isVisible, timeout=20_000)
    assert "Open Sample" in gallery.no_dataset.text()
    assert not gallery.search.isEnabled()


def test_all_genes_by_name_before_there_is_a_model(gallery: GeneGallery) -> None:
    assert shown(gallery) == sorted(f"Gene{i}" for i in range(12))
    assert gallery.count.text() == "12 of 12 genes"
    assert gallery.view.isVisible()


def test_modelled_genes_by_cluster_and_confidence(
    gallery: GeneGallery, session: Session, result: Result, learn: Learn, qtbot: QtBot
) -> None:
    result.membership[3] = [0.9, 0.05, 0.05]
    learn(session, result)
    expected = ["Gene3", "Gene0", "Gene6", "Gene1", "Gene4", "Gene7", "Gene2", "Gene5", "Gene8"]
    qtbot.waitUntil(lambda: shown(gallery) == expected, timeout=20_000)
    assert gallery.count.text() == "9 of 9 genes"
    tip = gallery.model.data(gallery.model.index(0), Qt.ItemDataRole.ToolTipRole)
    assert tip == "Gene3\ncluster 1\nconfidence 0.90"


def test_search_by_typing(gallery: GeneGallery, qtbot: QtBot) -> None:
    qtbot.keyClicks(gallery.search, "gENE1")
    assert shown(gallery) == ["Gene1", "Gene10", "Gene11"]
    assert gallery.count.text() == "3 of 12 genes"
    gallery.search.clear()
    qtbot.keyClicks(gallery.search, "*e1, Gene7 8")
    assert shown(gallery) == ["Gene1", "Gene7", "Gene8"]
    qtbot.keyClick(gallery.search, Qt.Key.Key_Return)
    assert gallery.session.gene_name == "Gene1"


def test_search_without_a_match_says_so(gallery: GeneGallery, qtbot: QtBot) -> None:
    qtbot.keyClicks(gallery.search, "nothing")
    assert gallery.no_match.isVisible()
    assert gallery.no_match.text().startswith("No gene matches “nothing”.")
    gallery.search.clear()
    assert gallery.view.isVisible()


@pytest.mark.parametrize(
    ("typed", "found"),
    [("", True), (" ,", True), ("bp", True), ("m?p", True), ("m?", False), ("x, MBP", True)],
)
def test_what_a_search_matches(typed: str, found: bool) -> None:
    assert GeneSearch(typed).matches("mbp") is found


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
    qtbot.keyClick(gallery.search, Qt.Key.Key_Down)
    assert gallery.window().focusWidget() is gallery.view


def test_it_follows_the_slider(docked: GeneGallery, viewer: napari.Viewer) -> None:
    viewer.dims.set_current_step(0, 5)
    current = docked.view.currentIndex()
    assert docked.model.gene_at(current.row()) == 5
    assert docked.view.selectionModel().isSelected(current)


def test_a_gene_in_sight_does_not_move_the_scroll(
    gallery: GeneGallery, session: Session, qtbot: QtBot
) -> None:
    gallery.size_slider.setValue(160)
    bar = gallery.view.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0, timeout=20_000)
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
    qtbot.waitUntil(lambda: gallery.model.rowCount() == 9, timeout=20_000)
    gallery.view.scrollToTop()
    picture = gallery.view.viewport().grab().toImage()
    assert session.model is not None
    for row in (0, 1, 3):
        frame = gallery.view.genes.frame_rect(gallery.view.visualRect(gallery.model.index(row)))
        if not gallery.view.viewport().rect().contains(frame):
            continue
        colour = session.colour_of(gallery.model.gene_at(row))
        for inset in (0, FRAME - 1):
            at = QPoint(frame.center().x(), frame.y() + inset)
            assert picture.pixelColor(at).name() == colour
        below = QPoint(frame.center().x(), frame.y() + FRAME)
        assert picture.pixelColor(below).name() != colour


def test_new_memberships_keep_the_current_gene_in_place(
    gallery: GeneGallery, session: Session, result: Result, learn: Learn, qtbot: QtBot
) -> None:
    gallery.size_slider.setValue(160)
    learn(session, result)
    qtbot.waitUntil(lambda: gallery.model.rowCount() == 9, timeout=20_000)
    session.gene = 4
    bar = gallery.view.verticalScrollBar()
    bar.setValue(bar.value() + 5)
    before = gallery.view.visualRect(gallery.model.index(gallery.model.row_of(4)))
    order = shown(gallery)
    session.receive(Memberships("joint", result.membership[:, [1, 2, 0]]))
    qtbot.waitUntil(lambda: shown(gallery) != order, timeout=20_000)
    after = gallery.view.visualRect(gallery.model.index(gallery.model.row_of(4)))
    assert after.top() == before.top() or bar.value() in (0, bar.maximum())
    assert session.gene == 4


def test_thumbnails_in_view_are_drawn(
    gallery: GeneGallery, session: Session, images: SGEPImages, qtbot: QtBot
) -> None:
    index = gallery.model.index(0)
    qtbot.waitUntil(lambda: gallery.model.data(index, ImageRole) is not None, timeout=20_000)
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
            (images.n_pixels, many), density=0.02, format="csc", dtype=np.float32, rng=0
        ),
        grid=images.grid,
        gene_names=names,
        observation_pixel=images.observation_pixel,
    )
    drawn: list[int] = []
    gallery._drawing.answered.connect(lambda key, pictures: drawn.extend(pictures))
    gallery.session.images, gallery.session.gene_labels = large, names
    gallery.session.dataset_changed.emit()
    assert gallery.count.text() == "20000 of 20000 genes"
    last = gallery.model.index(many - 1)
    gallery.view.scrollTo(last)
    qtbot.waitUntil(lambda: many - 1 in drawn, timeout=20_000)
    assert len(set(drawn)) < 500


def test_raw_or_denoised(
    gallery: GeneGallery, session: Session, result: Result, learn: Learn, qtbot: QtBot
) -> None:
    index = gallery.model.index(0)
    assert gallery.raw.isChecked() and not gallery.denoised.isEnabled()
    qtbot.waitUntil(lambda: gallery.model.data(index, ImageRole) is not None, timeout=20_000)
    raw = gallery.model.data(index, ImageRole)
    learn(session, result)
    assert gallery.denoised.isEnabled() and gallery.denoised.isChecked()
    qtbot.waitUntil(lambda: gallery.model.data(index, ImageRole) != raw, timeout=20_000)
    qtbot.mouseClick(gallery.raw, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: gallery.model.data(index, ImageRole) == raw, timeout=20_000)


def test_size_of_the_thumbnails(gallery: GeneGallery, qtbot: QtBot) -> None:
    gallery.size_slider.setValue(50)
    small = gallery.view.visualRect(gallery.model.index(0)).height()
    gallery.size_slider.setValue(150)
    assert gallery.view.visualRect(gallery.model.index(0)).height() - small == pytest.approx(
        100, abs=3
    )


def test_a_cluster_alone(
    gallery: GeneGallery, session: Session, result: Result, learn: Learn, qtbot: QtBot
) -> None:
    learn(session, result)
    session.cluster = 1
    assert shown(gallery) == ["Gene1", "Gene4", "Gene7"]
    assert gallery.only.isVisible() and gallery.only.text().startswith("Cluster 2")
    qtbot.mouseClick(gallery.only, Qt.MouseButton.LeftButton)
    assert gallery.model.rowCount() == 9
    assert not gallery.only.isVisible()
    assert session.cluster == -1


def test_cancel_shows_all_genes_again(
    gallery: GeneGallery, session: Session, result: Result, learn: Learn, qtbot: QtBot
) -> None:
    learn(session, result)
    qtbot.waitUntil(lambda: gallery.model.rowCount() == 9, timeout=20_000)
    session.cancel()
    qtbot.waitUntil(lambda: gallery.model.rowCount() == 12, timeout=20_000)
    assert gallery.raw.isChecked()


def test_the_current_gene_is_marked(
    gallery: GeneGallery,
    session: Session,
    colours_of: Callable[[QWidget], Counter[str]],
    qtbot: QtBot,
) -> None:
    session.gene = 2
    assert colours_of(gallery.view.viewport())["#4c8df6"] > 200
    gallery.search.setText("Gene3")
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
    qtbot.waitUntil(lambda: gallery.view.is_in_view(gallery.view.currentIndex()), timeout=20_000)
    gallery.resize(280, 300)
    qtbot.wait(50)
    place = gallery.view.visualRect(gallery.view.currentIndex())
    assert gallery.view.viewport().rect().contains(place.center())
