"""Which genes lists show, in which order and groups."""

from __future__ import annotations

import numpy as np
import pytest

from darlc.events import Finished
from darlc.results.result import Result
from napari_darlc.genes.columns import CLUSTER, GeneColumn, model_columns
from napari_darlc.genes.listing import ALL, NOT_MODELLED, PINNED, Arrangement, bands, listed
from napari_darlc.session.session import Session

RANK = np.arange(12)


@pytest.fixture
def modelled(session_with_tissue: Session, result: Result) -> Session:
    session_with_tissue.receive(Finished(result))
    return session_with_tissue


def at(mask: np.ndarray) -> list[int]:
    return np.flatnonzero(mask).tolist()


def test_before_a_model_all_genes_are_listed(session_with_tissue: Session) -> None:
    assert at(listed(session_with_tissue)) == list(range(12))


def test_modelled_genes_or_everything(modelled: Session) -> None:
    assert at(listed(modelled)) == list(range(9))
    assert at(listed(modelled, everything=True)) == list(range(12))


def test_a_cluster_singled_out_is_shown_though_hidden(modelled: Session) -> None:
    assert modelled.clusters is not None
    modelled.edit("hide 2", modelled.clusters.shown(1, False))
    assert at(listed(modelled)) == [0, 2, 3, 5, 6, 8]
    assert at(listed(modelled, everything=True)) == [0, 2, 3, 5, 6, 8, 9, 10, 11]
    modelled.cluster = 1
    assert at(listed(modelled, everything=True)) == [1, 4, 7]


def test_only_the_selected(modelled: Session) -> None:
    modelled.select([2, 3, 10])
    assert at(listed(modelled)) == [2, 3]
    assert at(listed(modelled, everything=True)) == [2, 3, 10]
    modelled.only_selected = False
    assert at(listed(modelled)) == list(range(9))


def test_clusters_are_groups_in_their_order(modelled: Session) -> None:
    cluster, _, confidence = model_columns(modelled.model, 12)
    known = np.arange(12) < 9
    genes, groups = Arrangement(confidence, cluster, RANK, known).of(np.ones(12, dtype=bool))
    assert genes.tolist() == [0, 3, 6, 1, 4, 7, 2, 5, 8, 9, 10, 11]
    assert [(g.label, g.count) for g in groups] == [
        ("Cluster 1", 3), ("Cluster 2", 3), ("Cluster 3", 3), (NOT_MODELLED, 3),
    ]  # fmt: skip
    assert modelled.model is not None
    assert groups[0].colour == modelled.model.colours[0] and groups[-1].colour is None


def test_numbers_come_from_the_highest_and_clusters_from_the_first() -> None:
    number = GeneColumn.of_numbers("n", np.array([1.0, 3.0, np.nan, 3.0]))
    everything = np.ones(4, dtype=bool)
    rank = np.array([0, 3, 1, 2])
    assert Arrangement(number, None, rank).of(everything)[0].tolist() == [3, 1, 0, 2]
    cluster = GeneColumn(
        CLUSTER, np.array(["b", "a", "", "b"], dtype=object), np.array([0, 1, np.nan, 0])
    )
    assert Arrangement(cluster, None, rank).of(everything)[0].tolist() == [0, 3, 1, 2]
    assert Arrangement(None, None, rank).of(everything)[0].tolist() == [0, 2, 3, 1]


def test_pinned_genes_come_first_and_stay_in_their_place() -> None:
    shown = np.ones(12, dtype=bool)
    shown[5] = False
    genes, groups = Arrangement(None, None, RANK).of(shown, pinned=(7, 5, 2))
    assert genes.tolist() == [7, 2, 0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11]
    assert [(g.label, g.count) for g in groups] == [(PINNED, 2), (ALL, 11)]


def test_few_genes_stand_under_no_heads(modelled: Session) -> None:
    cluster = model_columns(modelled.model, 12)[0]
    shown = np.isin(np.arange(12), [0, 1, 2, 4])
    genes, groups = Arrangement(None, cluster, RANK).of(shown)
    assert genes.tolist() == [0, 1, 4, 2]
    assert [(g.label, g.count) for g in groups] == [("", 4)]
    assert Arrangement(None, cluster, RANK).of(np.zeros(12, dtype=bool))[1] == ()


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-0.05, 0.7), (0.0, 3e4), (5.0, 5.2)])
def test_bands_of_numbers_hold_what_they_say(low: float, high: float) -> None:
    values = np.append(np.linspace(low, high, 500), np.nan)
    groups, code = bands(GeneColumn.of_numbers("n", values))
    assert 4 <= len(groups) <= 14
    assert groups[-1].label == "Unknown" and code[-1] == len(groups) - 1
    # The highest come first.
    assert code[0] == len(groups) - 2 and code[499] == 0
    assert np.all(np.diff(code[:500]) <= 0)
    for group, number in zip(groups[:-1], range(len(groups)), strict=False):
        inside = values[code == number]
        words = group.label.split()
        if "to" in words:
            assert float(words[0]) - 1e-9 <= inside.min() and inside.max() < float(words[2]) + 1e-9
        elif words[0] == "below":
            assert inside.max() < float(words[1])
        else:
            assert inside.min() >= float(words[0]) - 1e-9


def test_equal_numbers_are_one_band() -> None:
    groups, code = bands(GeneColumn.of_numbers("n", np.full(5, 2.0)))
    assert groups[0].label == "2" and not code.any()


def test_texts_are_groups() -> None:
    groups, code = bands(GeneColumn.of_text("t", np.array(["B", "a", "", "B"], dtype=object)))
    assert [group.label for group in groups] == ["a", "B", "Unknown"]
    assert code.tolist() == [1, 0, 2, 1]


def test_what_is_known_of_no_gene_parts_none() -> None:
    groups, code = bands(GeneColumn.of_numbers("n", np.full(3, np.nan)))
    assert [group.label for group in groups] == [""] and not code.any()
