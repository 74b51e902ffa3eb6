"""The Session follows training, and goes back to what was when training is cancelled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from darlc.data.dataset import Dataset
from darlc.data.images import SGEPImages, rasterize
from darlc.data.result import Result
from darlc.events import Denoised, Finished, Memberships, Progress, Started
from napari_darlc.session import Session


def make_events(result: Result) -> list[object]:
    genes = np.arange(result.n_genes)
    return [
        Started("cpu", genes),
        Denoised(result.denoised),
        Memberships("joint", result.membership[:, ::-1]),
        Finished(result),
    ]


@pytest.fixture
def heard(session_with_tissue: Session) -> list[str]:
    """Return the names of the signals that were sent, in order."""
    names: list[str] = []
    for name in ("dataset", "denoised", "clusters", "result", "gene", "state", "coloured"):
        signal = getattr(session_with_tissue, f"{name}_changed")
        signal.connect(lambda *_, name=name: names.append(name))
    return names


def test_training_is_followed(
    session_with_tissue: Session, result: Result, heard: list[str]
) -> None:
    session = session_with_tissue
    started, denoised, memberships, finished = make_events(result)
    session.begin()
    assert session.state == "starting"
    session.receive(started)
    assert session.state == "training"
    assert session.model is not None and session.model.consensus is None
    session.receive(denoised)
    session.receive(memberships)
    assert session.cluster_of(0) == 2  # the live memberships are the result's, reversed
    assert session.model.consensus is not None and session.model.consensus.shape[0] == 3
    session.receive(finished)
    assert session.state == "ready"
    assert session.cluster_of(0) == 0
    assert session.cluster_of(11) == -1 and session.colour_of(11) is None
    assert session.colour_of(1) == result.cluster_colours[1]
    assert session.result is not None
    assert session.dataset is not None and session.result.adata is session.dataset.adata
    assert heard == [
        *("state", "state", "denoised", "clusters"),
        *("denoised", "clusters", "result", "state"),
    ]


def test_cancel_brings_back_what_was(session_with_tissue: Session, result: Result) -> None:
    session = session_with_tissue
    session.begin()
    for event in make_events(result):
        session.receive(event)
    model, kept = session.model, session.result
    session.cluster = 1
    session.begin()
    session.receive(Started("cpu", np.array([3])))
    session.receive(Denoised(result.denoised[:1]))
    session.coloured = True
    assert session.model is not model and session.cluster == -1
    session.cancel()
    assert session.model is model and session.result is kept
    assert session.cluster == 1 and not session.coloured
    assert session.state == "ready"


def test_a_stop_asked_for_early_is_not_forgotten(session_with_tissue: Session) -> None:
    session = session_with_tissue
    session.begin()
    session.state = "stopping"
    session.receive(Started("cpu", np.arange(3)))
    assert session.state == "stopping"


def test_another_dataset_forgets_the_first(
    session_with_tissue: Session, result: Result, dataset: Dataset, images: SGEPImages
) -> None:
    session = session_with_tissue
    session.open(dataset, images, result)
    assert session.result is not None
    session.gene = 4
    session.open(dataset, images)
    assert session.result is None and session.model is None and session.gene == 0


def test_genes_outside_are_ignored(session_with_tissue: Session, heard: list[str]) -> None:
    for gene in (-1, 12, 0):
        session_with_tissue.gene = gene
    assert heard == [] and session_with_tissue.gene == 0
    session_with_tissue.gene = 11
    assert heard == ["gene"] and session_with_tissue.gene_name == "Gene11"


def test_events_without_a_model_do_no_harm(session_with_tissue: Session, result: Result) -> None:
    session_with_tissue.receive(Progress("denoise", 1, 2))
    session_with_tissue.receive(Denoised(result.denoised))
    assert session_with_tissue.model is None


def test_identifiers_are_shown_as_symbols(dataset: Dataset) -> None:
    adata = dataset.adata.copy()
    adata.var["gene_name"] = ["MBP", "", None, *adata.var_names[3:].str.upper()]
    adata.var_names = ["ENSG00000197971", "ENSG2", "ENSG3", *adata.var_names[3:]]
    session = Session()
    session.open(Dataset(adata, Path("x")), rasterize(adata))
    assert session.gene_name == "ENSG00000197971" and session.gene_label == "MBP"
    # Without a symbol an identifier stays, and names that are no identifiers are left alone.
    assert session.gene_labels.tolist()[1:4] == ["ENSG2", "ENSG3", "Gene3"]
