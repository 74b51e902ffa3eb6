"""Clusters on the tissue, in a viewer without a window."""

from __future__ import annotations

import threading
from functools import partial

import numpy as np
import pytest
from napari.viewer import ViewerModel
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot
from waiting import no_thread_works

from darlc.config import SMOOTHNESS
from darlc.data.dataset import Dataset
from darlc.events import Memberships
from darlc.images.sgep_images import SGEPImages
from darlc.results.denoised_views import consensus_pattern
from darlc.results.palette import rgb
from darlc.results.result import Result
from darlc.results.tissue_regions import strongest_pattern
from napari_darlc.canvas import cluster_layers
from napari_darlc.canvas.layers import SessionLayers
from napari_darlc.session.session import Session


@pytest.fixture
def viewer() -> ViewerModel:
    return ViewerModel()


@pytest.fixture
def session(session_with_tissue: Session) -> Session:
    return session_with_tissue


@pytest.fixture
def layers(
    viewer: ViewerModel, session: Session, dataset: Dataset, images: SGEPImages, result: Result
) -> SessionLayers:
    """Return what draws a small tissue that was trained on."""
    layers = SessionLayers(viewer, session)
    session.open(dataset, images, result)
    return layers


def names(viewer: ViewerModel) -> list[str]:
    return [layer.name for layer in viewer.layers][3:]


def test_several_patterns_add_up_and_follow_edits_by_name(
    viewer: ViewerModel, session: Session, layers: SessionLayers, result: Result, qtbot: QtBot
) -> None:
    layers.clusters.show(0, 2)
    assert names(viewer) == ["backdrop", "cluster 1", "cluster 3", "legend"]
    assert layers.consensus is None
    assert viewer.canvas.overlays.text.text == "consensus patterns of 1, 3"
    mask, model = layers.raw.data.grid.mask, session.model
    assert model is not None and model.consensus is not None
    for layer, k in zip(viewer.layers[4:6], (0, 2), strict=True):
        np.testing.assert_allclose(layer.data[mask], model.consensus[k])
        np.testing.assert_allclose(layer.colormap.colors[-1][:3], rgb(model.colours[k]), atol=1e-6)
        low, high = layer.contrast_limits
        # Half of the tissue stays black, so that colours do not wash out.
        assert (model.consensus[k] <= low).mean() == pytest.approx(0.5, abs=0.02)
        assert high == pytest.approx(np.percentile(model.consensus[k], 99.5), rel=1e-4)
    third = viewer.layers["cluster 3"]
    clusters = session.clusters
    assert clusters is not None
    session.edit("merge 1 and 2", clusters.merged([0, 1], "both"))
    assert layers.clusters.patterns == (1,), "cluster 1 is gone, 3 has moved"
    qtbot.waitUntil(lambda: third not in viewer.layers)
    assert viewer.canvas.overlays.text.text.splitlines() == ["cluster 3", "consensus pattern"]
    session.undo()
    assert layers.clusters.patterns == (0, 2), "and both are back"
    qtbot.waitUntil(lambda: "cluster 3" in viewer.layers)
    session.gene = 5
    assert layers.clusters.patterns == () and names(viewer) == []


def test_recoloured_clusters_are_recoloured_in_place(
    viewer: ViewerModel, session: Session, layers: SessionLayers
) -> None:
    layers.clusters.show(0, 1)
    layers.clusters.show_strongest(True)
    first, strongest = viewer.layers["cluster 1"], layers.clusters.strongest
    assert session.clusters is not None and strongest is not None
    session.edit("recolour 1", session.clusters.recoloured(0, "#123456"))
    assert viewer.layers["cluster 1"] is first and layers.clusters.strongest is strongest
    np.testing.assert_allclose(first.colormap.colors[-1][:3], rgb("#123456"), atol=1e-6)
    np.testing.assert_allclose(
        strongest.colormap.map(np.array([1]))[0, :3], rgb("#123456"), atol=0.01
    )


def test_the_map_of_the_strongest_has_clusters_colours_and_names(
    viewer: ViewerModel, session: Session, layers: SessionLayers, images: SGEPImages
) -> None:
    layers.clusters.show_strongest(True)
    layer, model = layers.clusters.strongest, session.model
    assert layer is not None and model is not None
    assert model.consensus is not None and model.clusters is not None
    winners = strongest_pattern(model.consensus, model.clusters, images.grid)
    # The tissue has three stripes, each bright in the genes of one cluster.
    stripe = np.digitize(images.grid.pixels[:, 0], [4, 8])
    assert (winners == stripe).mean() > 0.85
    for pixel in (0, 17, images.grid.n_pixels - 1):
        where = layers.raw.data_to_world((0, *images.grid.pixels[pixel]))[1:]
        assert layer.get_value(where, world=True) == winners[pixel] + 1
        status = layer.get_status(where, world=True)
        assert f"cluster: {model.names[winners[pixel]]}" in status["value"]
        colour = layer.colormap.map(np.array([winners[pixel] + 1]))[0, :3]
        np.testing.assert_allclose(colour, rgb(model.colours[winners[pixel]]), atol=0.01)
    outside = np.argwhere(~images.grid.mask)[0]
    assert layer.get_value(layers.raw.data_to_world((0, *outside))[1:], world=True) == 0


def test_filled_it_makes_room_for_a_gene_and_outlines_stay(
    viewer: ViewerModel, session: Session, layers: SessionLayers
) -> None:
    layers.clusters.show_strongest(True)
    session.gene = 5
    assert layers.clusters.strongest is None
    layers.clusters.show_strongest(True)
    layers.clusters.outlines = True
    session.gene = 6
    assert layers.clusters.strongest is not None and layers.clusters.strongest.contour == 1
    layers.clusters.outlines = False
    assert layers.clusters.strongest.contour == 0
    viewer.layers.remove(layers.clusters.strongest)
    assert layers.clusters.strongest is None


def test_it_follows_the_training_in_place(
    session: Session, layers: SessionLayers, images: SGEPImages, result: Result, qtbot: QtBot
) -> None:
    layers.clusters.show_strongest(True)
    layer = layers.clusters.strongest
    where = layers.raw.data_to_world((0, *images.grid.pixels[0]))[1:]
    before = layer.get_value(where, world=True)
    session.receive(Memberships("joint", np.roll(result.membership, 1, axis=1)))
    assert layers.clusters.strongest is layer
    qtbot.waitUntil(lambda: layer.get_value(where, world=True) == before % 3 + 1)
    two = result.membership[:, :2] / result.membership[:, :2].sum(axis=1, keepdims=True)
    session.receive(Memberships("joint", two))
    qtbot.waitUntil(lambda: set(np.unique(layer.data)) <= {0, 1, 2})


def learned(result: Result, share: float) -> NDArray[np.float32]:
    """Return memberships that none of the result's patterns can be carried over to."""
    membership = result.membership
    return (1 - share) * membership + share * np.roll(membership, 1, axis=1)


class Working:
    """Works patterns out one by one, each when it may, and notes in which threads."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.threads: list[threading.Thread] = []
        self._may = threading.Semaphore(0)
        monkeypatch.setattr("napari_darlc.session.model.consensus_pattern", self._work)

    def go_on(self) -> None:
        self._may.release()

    def _work(
        self,
        denoised: NDArray[np.float16],
        membership: NDArray[np.float32],
        drawing: NDArray[np.bool_] | None,
    ) -> NDArray[np.float32]:
        self.threads.append(threading.current_thread())
        self._may.acquire(timeout=20)
        return consensus_pattern(denoised, membership, drawing)


def test_training_is_followed_without_holding_the_window(
    viewer: ViewerModel,
    session: Session,
    layers: SessionLayers,
    result: Result,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    layers.clusters.show(1)
    shown = layers.consensus
    assert shown is not None and session.images is not None
    mask, before, working = session.images.grid.mask, shown.data.copy(), Working(monkeypatch)

    def shows(membership: NDArray[np.float32]) -> bool:
        expected = consensus_pattern(result.denoised, membership)[1]
        return np.allclose(shown.data[mask], expected, atol=1e-3)

    epochs = [learned(result, share) for share in (0.3, 0.6)]
    for membership in epochs:
        session.receive(Memberships("joint", membership))
    np.testing.assert_array_equal(shown.data, before)
    assert "cluster 2" in viewer.canvas.overlays.text.text
    # What training knew a moment ago is shown as soon as it is worked out, and then what it knows.
    for membership in epochs:
        working.go_on()
        qtbot.waitUntil(lambda membership=membership: shows(membership))
    assert layers.consensus is shown
    assert len(working.threads) == 2 and threading.main_thread() not in working.threads


def test_a_pattern_that_nobody_wants_any_more_does_not_appear(
    session: Session,
    layers: SessionLayers,
    result: Result,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    layers.clusters.show(1)
    working = Working(monkeypatch)
    session.receive(Memberships("joint", learned(result, 0.3)))
    layers.clusters.show()
    assert layers.consensus is None
    working.go_on()
    qtbot.waitUntil(no_thread_works)
    assert layers.consensus is None and layers.clusters.patterns == ()


def test_the_map_of_the_strongest_is_as_smooth_as_asked_for(
    session: Session,
    layers: SessionLayers,
    images: SGEPImages,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = session.model
    assert model is not None and model.consensus is not None and model.clusters is not None
    find = partial(strongest_pattern, model.consensus, model.clusters, images.grid)
    layers.clusters.show_strongest(True)

    def drawn() -> np.ndarray:
        layer = layers.clusters.strongest
        assert layer is not None
        fine = layer.data.shape[0] // images.grid.shape[0]
        return np.asarray(layer.data[::fine, ::fine][images.grid.mask], dtype=np.int64) - 1

    for smoothness in (0.0, 4.0, SMOOTHNESS):
        layers.clusters.smoothness = smoothness
        np.testing.assert_array_equal(drawn(), find(smoothness))
    # Where that takes long, the map as it is stays until the smooth one is there.
    monkeypatch.setattr(cluster_layers, "QUICK", 0)
    layers.clusters.smoothness = 4.0
    layers.clusters.smoothness = 1.0
    np.testing.assert_array_equal(drawn(), find(SMOOTHNESS))
    qtbot.waitUntil(lambda: np.array_equal(drawn(), find(1.0)))
    layers.clusters.show_strongest(False)
    layers.clusters.show_strongest(True)
    np.testing.assert_array_equal(drawn(), find(0.0))
    qtbot.waitUntil(lambda: np.array_equal(drawn(), find(1.0)))


def test_a_pattern_stays_when_its_cluster_gets_another_name(
    viewer: ViewerModel, session: Session, layers: SessionLayers
) -> None:
    layers.clusters.show(1)
    shown, clusters = layers.consensus, session.clusters
    assert shown is not None and clusters is not None
    session.edit("rename 2 to myelin", clusters.renamed(1, "myelin"))
    assert layers.clusters.patterns == (1,)
    assert layers.consensus is shown and shown in viewer.layers
    assert "myelin" in viewer.canvas.overlays.text.text
    session.undo()
    assert layers.clusters.patterns == (1,) and layers.consensus is shown
