"""Result files of the versions before, opened in a window."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import napari
import numpy as np
from napari.utils.notifications import Notification
from pytestqt.qtbot import QtBot

from napari_darlc.viewer_session import session_of

GOLDEN = Path(__file__).parents[1] / "golden"


def test_the_window_shows_what_it_showed(
    viewer: napari.Viewer,
    notifications: list[Notification],
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    names = sorted(path.stem for path in GOLDEN.glob("schema_*.json"))
    assert names
    for name in names:
        notifications.clear()
        check(name, viewer, tmp_path, qtbot)
        assert not [each.message for each in notifications if each.severity.value != "info"], name


def check(name: str, viewer: napari.Viewer, tmp_path: Path, qtbot: QtBot) -> None:
    """Open a file of an earlier version; the window shows what was seen of it then."""
    path, packed = tmp_path / f"{name}.h5ad", GOLDEN / f"{name}.h5ad.gz"
    path.write_bytes(gzip.decompress(packed.read_bytes()))
    expected = json.loads((GOLDEN / f"{name}.json").read_text())
    viewer.open(str(path), plugin=None)
    session = session_of(viewer)
    qtbot.waitUntil(lambda: session.dataset is not None and session.dataset.path == path)
    assert "denoised view" in viewer.layers
    result, images, clusters = session.result, session.images, session.clusters
    assert result is not None and images is not None and clusters is not None
    assert list(clusters.names) == (expected["edited_names"] or expected["cluster_names"])
    # Genes that an old file holds without a cluster follow, with one.
    n = len(expected["genes"])
    shown, own = clusters.cluster[:n].tolist(), result.cluster[:n].tolist()
    assert shown == (expected["edited_cluster"] or own)
    assert not session.unsaved, "nothing was changed by opening it"
    # The picture of a gene is the view that was stored, where it was stored.
    gene = 5
    session.gene = int(images.index([expected["genes"][gene]])[0])
    view = np.asarray(viewer.layers["denoised view"].data[session.gene], dtype=float)
    tissue = view[images.grid.mask]
    assert abs(tissue.mean() - expected["denoised_mean"][gene]) < 1e-3
    assert tissue[expected["denoised_highest"][gene]] == tissue.max()
