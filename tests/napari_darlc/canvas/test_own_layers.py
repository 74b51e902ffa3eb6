"""Layers that are put in, taken away, held back and deleted, in a viewer without a window."""

from __future__ import annotations

import numpy as np
import pytest
from napari.layers import Image
from napari.viewer import ViewerModel

from napari_darlc.canvas.own_layers import DENOISED, RAW, TISSUE, OwnLayers


@pytest.fixture
def viewer() -> ViewerModel:
    return ViewerModel()


@pytest.fixture
def own(viewer: ViewerModel) -> OwnLayers:
    own = OwnLayers(viewer)
    for role in (TISSUE, RAW, DENOISED):
        own.add(role, Image(np.zeros((2, 2)), name=role))
    return own


def test_what_is_taken_away_is_not_deleted_by_the_user(viewer: ViewerModel, own: OwnLayers) -> None:
    deleted: list[str] = []
    own.deleted.connect(deleted.append)
    own.remove(DENOISED, "no such role")
    assert viewer.layers.selection.active is own.get(RAW)
    viewer.layers.remove(own.get(RAW))
    assert deleted == [RAW] and own.roles == (TISSUE,) and own.get(RAW) is None
    own.remove(TISSUE)
    assert not own and not viewer.layers


def test_who_holds_a_layer_back_last_releases_it(own: OwnLayers) -> None:
    one, other = object(), object()
    own.hold_back(TISSUE, one)
    own.hold_back(TISSUE, other)
    own.release(one)
    assert not own.get(TISSUE).visible
    own.release(other)
    assert own.get(TISSUE).visible


def test_what_the_user_has_hidden_stays_hidden(own: OwnLayers) -> None:
    own.get(TISSUE).visible = False
    own.hold_back(TISSUE, own)
    own.release(own)
    assert not own.get(TISSUE).visible
    own.hold_back("no such role", own)
