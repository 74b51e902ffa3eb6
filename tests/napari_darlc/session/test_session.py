"""The Session follows training, and goes back to what was when training is cancelled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from darlc.data.dataset import Dataset
from darlc.errors import InputError
from darlc.events import Denoised, Finished, Memberships, Progress, Started
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.io import open_dataset
from darlc.io.result_file import load
from darlc.io.study.study_file import load_study
from darlc.results.gene_sets import GeneSet, GeneSets
from darlc.results.result import Result
from napari_darlc.opening.loading import prepare
from napari_darlc.session.open_study import OpenStudy
from napari_darlc.session.session import Session


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
    assert session.cluster_of(11) == -1
    assert session.model.colours == result.cluster_colours
    assert session.result is not None
    assert session.dataset is not None and session.result.adata is session.dataset.adata
    assert heard == [
        *("state", "state", "denoised", "coloured", "clusters"),
        *("denoised", "clusters", "result", "state"),
    ]


def test_cancel_brings_back_what_was(session_with_tissue: Session, result: Result) -> None:
    session = session_with_tissue
    session.begin()
    for event in make_events(result):
        session.receive(event)
    model, kept = session.model, session.result
    assert session.coloured, "the first clusters of a run"
    session.coloured = False
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


@pytest.fixture
def fitted(session_with_tissue: Session, dataset: Dataset, result: Result) -> Session:
    assert session_with_tissue.images is not None
    session_with_tissue.open(dataset, session_with_tissue.images, result)
    return session_with_tissue


def listen(session: Session) -> list[str]:
    """Return the names of the signals of edits and selections that are sent from now on."""
    names: list[str] = []
    for name in ("clusters", "result", "selection", "only_selected", "pinned", "history"):
        signal = getattr(session, f"{name}_changed")
        signal.connect(lambda *_, name=name: names.append(name))
    return names


def test_an_edit_is_shown_beside_the_result_and_can_be_undone(
    fitted: Session, result: Result
) -> None:
    heard = listen(fitted)
    assert fitted.clusters is not None and not fitted.edited and fitted.can_undo == ""
    merged = fitted.clusters.merged([0, 2], "both")
    fitted.edit("merge 1 and 3", merged)
    assert heard == ["clusters", "history"]
    assert fitted.clusters is merged and fitted.edited
    assert fitted.model is not None and fitted.model.names == ("both", "2")
    assert fitted.cluster_of(2) == 0
    assert fitted.result is not None and fitted.result.edited is merged
    assert fitted.result.membership is result.membership
    assert fitted.result.cluster_names == ("1", "2", "3")

    fitted.edit("rename both", merged.renamed(0, "one"))
    assert fitted.can_undo == "rename both" and fitted.can_redo == ""
    fitted.undo()
    assert fitted.clusters is merged and fitted.can_redo == "rename both"
    fitted.undo()
    assert not fitted.edited and fitted.clusters.names == ("1", "2", "3")
    assert fitted.can_undo == "" and fitted.cluster_of(2) == 2
    fitted.redo()
    fitted.redo()
    assert fitted.clusters.names == ("one", "2")
    fitted.edit("go back to the model's clusters", None)
    assert not fitted.edited
    fitted.undo()
    assert fitted.clusters.names == ("one", "2")


def test_edits_that_a_file_held_are_there(
    session_with_tissue: Session, dataset: Dataset, images: SGEPImages, result: Result
) -> None:
    session = session_with_tissue
    session.open(dataset, images, replace(result, edited=result.clusters.renamed(1, "x")))
    assert session.edited and session.can_undo == "" and not session.unsaved
    assert session.model is not None and session.model.names == ("1", "x", "3")
    session.open(dataset, images)
    assert not session.edited and session.clusters is None


def test_without_a_complete_result_there_is_nothing_to_edit(
    fitted: Session, result: Result
) -> None:
    clusters = fitted.clusters
    fitted.begin()
    for event in make_events(result)[:3]:
        assert not fitted.editable
        with pytest.raises(InputError, match="once training has ended"):
            fitted.edit("rename", result.clusters)
        fitted.receive(event)
    fitted.cancel()
    assert fitted.editable and fitted.clusters is clusters


def test_training_has_a_history_of_its_own(fitted: Session, result: Result) -> None:
    assert fitted.clusters is not None
    renamed = fitted.clusters.renamed(0, "x")
    fitted.edit("rename 1 to x", renamed)
    fitted.begin()
    assert fitted.can_undo == ""
    fitted.pin(3)
    assert fitted.can_undo == "pin Gene3"
    fitted.cancel()
    assert fitted.can_undo == "rename 1 to x" and fitted.clusters is renamed
    fitted.begin()
    for event in make_events(result):
        fitted.receive(event)
    assert fitted.can_undo == "" and not fitted.edited and fitted.pinned == (3,)


def test_the_singled_out_cluster_is_followed(fitted: Session) -> None:
    assert fitted.clusters is not None
    fitted.cluster = 2
    chosen: list[int] = []
    fitted.cluster_selected.connect(chosen.append)
    fitted.edit("merge", fitted.clusters.merged([0, 1]))
    assert fitted.cluster == 1 and chosen == [1]
    fitted.edit("rename", fitted.clusters.renamed(1, "x"))
    assert fitted.cluster == 1 and chosen == [1]
    fitted.edit("merge", fitted.clusters.merged([0, 1]))
    assert fitted.cluster == -1


def test_a_selection_is_sorted_within_the_genes_and_can_be_undone(fitted: Session) -> None:
    heard = listen(fitted)
    fitted.selection = np.array([7, 3, 3, 99, -1])
    assert fitted.selection.tolist() == [3, 7] and fitted.selection.dtype == np.int64
    assert heard == ["selection", "history"] and fitted.can_undo == "select 2 genes"
    fitted.selection = [3, 7]
    assert heard == ["selection", "history"]
    fitted.only_selected = True
    assert heard[2:] == ["only_selected", "history"]
    fitted.undo()
    assert not fitted.only_selected and fitted.selection.tolist() == [3, 7]
    fitted.undo()
    assert not len(fitted.selection)
    fitted.select([1], only=True)
    assert fitted.only_selected and fitted.can_undo == "select 1 gene"
    fitted.selection = []
    assert not fitted.only_selected and fitted.can_undo == "clear the selection"
    fitted.only_selected = True
    assert not fitted.only_selected


def test_pins_are_kept_in_order_and_can_be_undone(fitted: Session) -> None:
    heard = listen(fitted)
    for gene in (5, 2, 12, -1, 5):
        fitted.pin(gene)
    assert fitted.pinned == (2,) and heard == ["pinned", "history"] * 3
    assert fitted.can_undo == "unpin Gene5"
    fitted.undo()
    assert fitted.pinned == (5, 2)


def test_another_dataset_has_no_selection_of_the_first(
    fitted: Session, dataset: Dataset, images: SGEPImages
) -> None:
    fitted.select([4])
    fitted.pin(4)
    seen: list[tuple[int, ...]] = []
    fitted.dataset_changed.connect(lambda: seen.append((len(fitted.selection), *fitted.pinned)))
    heard = listen(fitted)
    fitted.open(dataset, images)
    assert seen == [(0,)] and not fitted.only_selected and fitted.can_undo == ""
    assert heard == ["selection", "only_selected", "pinned", "history"]


def test_pins_are_saved_with_the_result_and_come_back(
    session_with_tissue: Session, dataset: Dataset, images: SGEPImages, result: Result,
    tmp_path: Path,
) -> None:  # fmt: skip
    session = session_with_tissue
    session.pin(11)  # before there is anything to save
    assert not session.unsaved
    session.begin()
    session.pin(4)
    session.receive(Started("cpu", np.arange(9)))
    session.receive(Finished(result))
    session.mark_saved()
    assert not session.unsaved
    session.pin(2)
    assert session.unsaved
    session.undo()
    assert not session.unsaved
    session.redo()
    session.begin()
    session.pin(11)
    session.cancel()
    assert session.pinned == (4, 2) and session.result is not None
    path = session.result.save(tmp_path / "pinned.h5ad")
    told = []
    session.pinned_changed.connect(lambda: told.append(session.pinned))
    session.open(dataset, images)
    assert session.pinned == ()
    session.open(dataset, images, load(path))
    assert session.pinned == (4, 2) and not session.unsaved and told == [(), (4, 2)]


def test_what_no_file_holds_is_unsaved(fitted: Session, result: Result) -> None:
    assert not fitted.unsaved and fitted.clusters is not None
    fitted.select([1])
    assert not fitted.unsaved
    fitted.edit("rename", fitted.clusters.renamed(0, "x"))
    assert fitted.unsaved
    fitted.undo()
    assert not fitted.unsaved
    fitted.redo()
    being_saved = fitted.result
    fitted.edit("rename", fitted.clusters.renamed(0, "y"))
    fitted.mark_saved(being_saved)
    assert fitted.unsaved
    heard = listen(fitted)
    fitted.mark_saved()
    assert not fitted.unsaved and heard == ["history"]
    fitted.begin()
    fitted.receive(Finished(replace(result, membership=result.membership.copy())))
    assert fitted.unsaved


def test_genes_take_their_clusters_colours_at_first_sight(
    dataset: Dataset, images: SGEPImages, result: Result
) -> None:
    session = Session()
    session.open(dataset, images)
    assert not session.coloured, "there are no clusters"
    session.open(dataset, images, result)
    assert session.coloured
    session.coloured = False
    assert session.clusters is not None
    session.edit("rename", session.clusters.renamed(0, "x"))
    assert not session.coloured, "who switched it off has it off"


def test_a_file_that_is_written_late_says_nothing_of_another_result(
    fitted: Session, dataset: Dataset, images: SGEPImages, make_result: Callable[..., Result]
) -> None:
    being_saved = fitted.result
    fitted.open(dataset, images, make_result(images, 1), saved=False)
    fitted.mark_saved(being_saved)
    assert fitted.unsaved and fitted.saved is None
    fitted.mark_saved(path=Path("here.h5ad"))
    assert not fitted.unsaved and fitted.saved is not None
    assert fitted.saved.path == Path("here.h5ad") and fitted.saved.when is not None


def test_whoever_listens_sees_one_dataset_whole(
    session_with_tissue: Session, dataset: Dataset, images: SGEPImages, result: Result
) -> None:
    """Each signal of a smaller dataset is sent when nothing of the larger one is left."""
    session = session_with_tissue
    session.open(dataset, images, result, gene=11)
    session.cluster = 2
    session.select([7, 11])
    session.pin(9)
    smaller = dataset.adata[:, :5].copy()
    heard: list[str] = []

    def look(name: str) -> None:
        heard.append(name)
        shown = session.shown
        assert shown.images is not None and shown.dataset is not None
        assert shown.images.n_genes == len(shown.gene_labels) == shown.dataset.adata.n_vars == 5
        assert (shown.gene, shown.cluster, shown.model, session.pinned) == (3, -1, None, ())
        assert not len(session.selection) and not session.only_selected and not session.can_undo

    for name in dir(Session):
        if name.endswith(("_changed", "_selected")) and name != "only_selected":
            getattr(session, name).connect(lambda *_, name=name: look(name))
    session.open(Dataset(smaller), rasterize(smaller), gene=3)
    assert heard[0] == "dataset_changed"
    assert {"cluster_selected", "selection_changed", "pinned_changed"} <= set(heard)


def test_what_a_listener_changes_is_told_when_all_have_heard_of_the_change_before(
    session_with_tissue: Session,
) -> None:
    session = session_with_tissue
    heard: list[tuple[str, int]] = []
    session.selection_changed.connect(lambda: setattr(session, "gene", 4))
    session.selection_changed.connect(lambda: heard.append(("selection", session.gene)))
    session.gene_changed.connect(lambda gene: heard.append(("gene", gene)))
    session.select([1, 2])
    assert heard == [("selection", 4), ("gene", 4)]


def test_a_gene_of_another_cluster_ends_the_singling_out(fitted: Session) -> None:
    fitted.cluster = 1
    fitted.gene = 4
    assert fitted.cluster == 1
    seen: list[int] = []
    fitted.gene_changed.connect(lambda _gene: seen.append(fitted.cluster))
    fitted.gene = 5
    assert fitted.cluster == -1 and seen == [-1]


@pytest.mark.parametrize(
    "wrong",
    [{"gene": 12}, {"cluster": 3}, {"gene_labels": np.array(["a"])}, {"images": None}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_does_not_belong_together_cannot_be_shown(
    fitted: Session, wrong: dict[str, object]
) -> None:
    with pytest.raises(ValueError, match="genes"):
        replace(fitted.shown, **wrong)  # type: ignore[arg-type]


def test_the_cluster_singled_out_is_followed_when_all_edits_are_discarded(fitted: Session) -> None:
    clusters = fitted.clusters
    assert clusters is not None
    parts = np.arange(int(clusters.sizes[2])) % 2
    fitted.edit("split", clusters.split(2, parts))
    assert fitted.clusters is not None
    fitted.edit("merge", fitted.clusters.merged([0, 1]))
    assert fitted.model is not None and fitted.model.n_clusters == 3
    fitted.cluster = fitted.model.names.index("3")
    fitted.edit("discard", None)
    assert fitted.model.names[fitted.cluster] == "3"


def test_gene_sets_are_kept_undone_and_saved_with_the_result(
    dataset: Dataset, images: SGEPImages, result: Result, tmp_path: Path
) -> None:
    session = Session()
    told: list[tuple[str, ...]] = []
    session.gene_sets_changed.connect(lambda: told.append(session.gene_sets.names))
    session.open(dataset, images)
    first = GeneSet("first", ("Gene2", "Gene7", "none"), "a list")
    session.change_sets("add the set first", session.gene_sets.added(first))
    assert session.genes_of("first").tolist() == [2, 7]
    assert session.can_undo == "add the set first" and told == [("first",)]
    for event in make_events(result):
        session.receive(event)
    assert session.result is not None and session.result.gene_sets.names == ("first",)
    session.mark_saved()
    session.change_sets("rename first", session.gene_sets.renamed("first", "second"))
    assert session.unsaved and session.result.gene_sets.names == ("second",)
    session.undo()
    assert not session.unsaved and session.gene_sets.names == ("first",)
    session.redo()
    path = session.result.save(tmp_path / "sets.h5ad")
    session.open(dataset, images)
    assert not len(session.gene_sets)
    session.open(dataset, images, load(path))
    assert session.gene_sets.names == ("second",) and not session.unsaved
    assert told[-2:] == [(), ("second",)]
    session.begin()
    session.change_sets("remove second", session.gene_sets.removed("second"))
    session.cancel()
    assert not len(session.gene_sets) and session.result.gene_sets == session.gene_sets


def test_gene_sets_go_along_to_the_other_sections_of_a_study(study_folder: Path) -> None:
    session, result = Session(), load_study(study_folder)

    def show(section: str) -> None:
        study = OpenStudy(result, study_folder, section)
        opened = prepare(open_dataset(study.path(section)))
        session.open(opened.dataset, opened.images, opened.result, study=study)

    show("ctrl")
    session.change_sets("add", session.gene_sets.added(GeneSet("mine", ("Gene0", "Gene1"))))
    assert session.unsaved
    session.mark_saved()
    show("treated")
    assert session.gene_sets.names == ("mine",) and not session.unsaved
    assert session.result is not None and session.result.gene_sets.names == ("mine",)
    # What was removed, and saved so, does not come back.
    session.change_sets("remove", session.gene_sets.removed("mine"))
    session.mark_saved()
    show("ctrl")
    assert session.gene_sets.names == ()
    # What was discarded stays behind.
    session.change_sets("add", session.gene_sets.added(GeneSet("other", ("Gene0",))))
    show("treated")
    assert session.gene_sets.names == ()


def test_a_study_has_the_gene_sets_in_the_files_of_all_sections(study_folder: Path) -> None:
    session, result = Session(), load_study(study_folder)
    sets = GeneSets((GeneSet("theirs", ("Gene2",)),))
    second = replace(result.section("treated"), gene_sets=sets)
    result = replace(result, sections=(result.section("ctrl"), second))
    study = OpenStudy(result, study_folder, "ctrl")
    opened = prepare(open_dataset(study.path("ctrl")))
    session.open(opened.dataset, opened.images, opened.result, study=study)
    assert session.gene_sets.names == ("theirs",) and not session.unsaved
