"""Cards of the gallery that show a gene in all sections of a study."""

from __future__ import annotations

from pathlib import Path

import napari
import numpy as np
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot
from qtpy.QtGui import QImage

from napari_darlc.viewer_session import layers_of, open_path, open_section, session_of
from napari_darlc.widgets.gallery.gallery import GeneGallery
from napari_darlc.widgets.gallery.model import ToolTipRole


def opaque(picture: QImage) -> NDArray[np.bool_]:
    """Return where something is drawn, (height, width)."""
    height, width = picture.height(), picture.width()
    return np.array(
        [[picture.pixelColor(x, y).alpha() > 128 for x in range(width)] for y in range(height)]
    )


def test_cards_show_all_sections(viewer: napari.Viewer, study_folder: Path, qtbot: QtBot) -> None:
    gallery = GeneGallery(viewer)
    viewer.window.add_dock_widget(gallery)
    controls, session = gallery.controls, session_of(viewer)
    assert not controls.all_sections.isVisible()
    open_path(viewer, study_folder)
    qtbot.waitUntil(lambda: len(gallery.model.pictures) >= 9)
    assert controls.all_sections.isVisible()
    alone = gallery.model.pictures[4]
    controls.all_sections.click()
    qtbot.waitUntil(lambda: _wide(gallery, 4, alone) and _wide(gallery, 1, alone))
    both, lacking = gallery.model.pictures[4], gallery.model.pictures[1]
    seen, half = opaque(both), both.width() // 2
    assert seen[:, :half].any() and seen[:, half:].any()
    assert not seen.any(axis=0).all(), "there is space between the sections"
    missing = opaque(lacking)
    assert missing[:, :half].any() and not missing[:, half:].any(), "not measured in the second"
    row = gallery.model.index(gallery.model.row_of(1))
    assert "ctrl · treated\nnot measured in treated" in gallery.model.data(row, ToolTipRole)
    # In the order of the study, whichever section is shown on the canvas.
    open_section(viewer, "treated", "Gene4")
    qtbot.waitUntil(lambda: session.study.section == "treated" and not session.opening)
    gene = session.gene
    qtbot.waitUntil(lambda: _wide(gallery, gene, alone))
    np.testing.assert_array_equal(opaque(gallery.model.pictures[gene]), seen)
    assert layers_of(viewer).sections.layer is None, "the canvas shows one section"
    controls.all_sections.click()
    qtbot.waitUntil(lambda: not _wide(gallery, gene, alone))
    viewer.open(str(study_folder / "ctrl.h5ad"), plugin="napari-darlc")
    qtbot.waitUntil(lambda: session.study is None)
    assert not controls.all_sections.isVisible()


def _wide(gallery: GeneGallery, gene: int, alone: QImage) -> bool:
    """Return whether a gene's picture is drawn, and is wider than that of one section."""
    picture = gallery.model.pictures.get(gene)
    return picture is not None and picture.width() > 1.5 * alone.width()
