"""What is known of genes is measured once for all lists."""

from __future__ import annotations

import gc
from weakref import ref

import numpy as np
from pytestqt.qtbot import QtBot

from darlc.data.dataset import Dataset
from darlc.images.sgep_images import SGEPImages, rasterize
from napari_darlc.session.session import Session
from napari_darlc.widgets.gene_lists.measuring import measuring_of


def test_a_dataset_is_measured_soon_after_it_was_opened(
    dataset: Dataset, images: SGEPImages, qtbot: QtBot
) -> None:
    session = Session()
    measuring = measuring_of(session)
    assert measuring_of(session) is measuring
    with qtbot.waitSignal(measuring.known):
        session.open(dataset, images)
        assert not measuring.measured
    assert [column.name for column in measuring.measured] == [
        "Moran's I", "Mean expression", "Share of observations",
    ]  # fmt: skip


def test_another_dataset_is_measured_anew(session: Session, dataset: Dataset, qtbot: QtBot) -> None:
    measuring = measuring_of(session)
    # Asked for, but another dataset is opened before the answer comes.
    measuring.measure()
    smaller = dataset.adata[:, :4].copy()
    smaller.var["length"] = np.arange(4.0)
    session.open(Dataset(smaller), rasterize(smaller))
    measuring.measure()
    qtbot.waitUntil(lambda: bool(measuring.measured))
    assert len(measuring.measured[0].values) == 4
    assert [column.name for column in measuring.from_file] == ["length"]


def test_a_session_is_not_kept_alive(dataset: Dataset, images: SGEPImages, qtbot: QtBot) -> None:
    session = Session()
    session.open(dataset, images)
    measuring_of(session)
    gone = ref(session)
    del session
    gc.collect()
    assert gone() is None
