"""Result files of the versions before, opened in a window."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import napari
import numpy as np
import pytest
from napari.utils.notifications import Notification
from pytestqt.qtbot import QtBot

from napari_darlc.viewer_session import session_of

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.mark.parametrize(
    "name", sorted(path.stem for path in GOLDEN.glob("schema_*.json")), ids=lambda name: name
)
def test_the_window_shows_what_it_showed(
    name: str,
    viewer: napari.Viewer,
    notifications: list[Notification],
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    path, packed = tmp_path / f"{name}.h5ad", GOLDEN / f"{name}.h5ad.gz"
    path.write_bytes(gzip.decompress(packed.read_bytes()))
    expected = json.loads((GOLDEN / f"{name}.json").read_text())
    viewer.open(str(path), plugin=None)
    qtbot.waitUntil(lambda: "denoised view" in viewer.layers)
    session = session_of(viewer)
    result, images, clusters = session.result, session.images, session.clusters
    assert result is not None and images is not None and clusters is not None
    assert list(clusters.names) == (expected["edited_names"] or expected["cluster_names"])
    # Genes that an old file holds without a cluster follow, with one.
    n = len(expected["genes"])
    shown, own = clusters.cluster[:n].tolist(), result.cluster[:n].tolist()
    assert shown == (expected["edited_cluster"] or own)
    assert not session.unsaved, "nothing was changed by opening it"
    assert not [each.message for each in notifications if each.severity.value != "info"]
    # The picture of a gene is the view that was stored, where it was stored.
    gene = 5
    session.gene = int(images.index([expected["genes"][gene]])[0])
    view = np.asarray(viewer.layers["denoised view"].data[session.gene], dtype=float)
    tissue = view[images.grid.mask]
    assert abs(tissue.mean() - expected["denoised_mean"][gene]) < 1e-3
    assert tissue[expected["denoised_highest"][gene]] == tissue.max()
