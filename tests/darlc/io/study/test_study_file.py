"""A study survives its folder unchanged, and what is wrong with a folder is a sentence."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from anndata import read_h5ad

import darlc
from darlc.errors import InputError
from darlc.explore.sections.changes import changes
from darlc.explore.sections.groups import group_changes
from darlc.explore.sections.overview import genes_in_sections
from darlc.io import result_file
from darlc.io.store import write
from darlc.io.study.study_file import is_study, load_study, try_out_study
from darlc.results.result import Result
from darlc.results.study import StudyResult


@pytest.fixture
def folder(study, tmp_path) -> Path:
    """Return the folder of a study."""
    return study.save(tmp_path / "out")


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@pytest.mark.filterwarnings("ignore::darlc.DataWarning")
def test_round_trip(study, tmp_path, assert_same_result) -> None:
    out = tmp_path / "out"
    assert study.save(out) == out
    again = darlc.load(out)
    assert isinstance(again, StudyResult)
    for each in fields(StudyResult):
        ours, theirs = getattr(study, each.name), getattr(again, each.name)
        if each.name == "sections":
            for one, other in zip(ours, theirs, strict=True):
                assert_same_result(replace(one, notes=()), replace(other, notes=()))
        elif isinstance(ours, np.ndarray):
            assert ours.dtype == theirs.dtype
            np.testing.assert_array_equal(ours, theirs, err_msg=each.name)
        else:
            assert type(ours) is type(theirs) and ours == theirs, each.name
    # And once more, from what was loaded, in the place of the first.
    again.save(out)
    assert names(out) == ["ctrl_1.h5ad", "study.h5ad", "treated.h5ad"]
    assert names(tmp_path) == ["out"]


def without_clusters(study: StudyResult) -> StudyResult:
    """Return a study whose training was stopped before there were clusters."""
    none = np.empty((12, 0), dtype=np.float32)
    return replace(
        study,
        membership=none,
        section_membership=np.stack([none, none]),
        evidence=np.stack([none, none]),
        keeps=np.full_like(study.keeps, np.nan),
        cluster_names=(),
        cluster_colours=(),
        sections=tuple(
            replace(each, membership=none, mixture={}, cluster_names=(), cluster_colours=())
            for each in study.sections
        ),
    )


@pytest.mark.filterwarnings("ignore::darlc.DataWarning")
def test_a_study_that_was_stopped_early_survives_too(study, tmp_path) -> None:
    again = load_study(without_clusters(study).save(tmp_path / "out"))
    assert (again.n_clusters, again.n_genes) == (0, 12)
    assert again.section_membership.shape == (2, 12, 0)
    assert changes(again).n_genes == 0
    assert group_changes(again, ["ctrl 1"], ["treated"]).judged == 0
    assert genes_in_sections(again).shape == (0, 2)


def test_sections_are_ordinary_result_files(folder, study, assert_same_result) -> None:
    result = darlc.load(folder / "treated.h5ad")
    assert isinstance(result, Result)
    assert result.adata.var["darlc_cluster"].notna().sum() == 12
    np.testing.assert_array_equal(result.membership, study.section("treated").membership)


def test_what_is_shared_is_a_table_of_genes_and_sections(folder, study) -> None:
    adata = read_h5ad(folder / "study.h5ad")
    assert list(adata.var_names) == ["ctrl 1", "treated"]
    assert list(adata.obs_names) == list(study.gene_names)
    np.testing.assert_array_equal(adata.X, study.keeps)
    np.testing.assert_array_equal(adata.layers["molecules"], study.molecules)
    assert list(adata.obs["darlc_cluster"].astype(str)) == [
        study.cluster_names[k] for k in study.cluster
    ]
    np.testing.assert_array_equal(adata.obs["darlc_confidence"], study.confidence)
    assert adata.obsm["darlc_section_membership"].shape == (12, 2, 3)
    np.testing.assert_array_equal(adata.obsm["darlc_evidence"][:, 1], study.evidence[1])
    assert {"schema_version", "config", "notes", "versions"} <= set(adata.uns["darlc_study"])


def test_a_study_is_known_by_its_folder_or_its_file(folder, tmp_path) -> None:
    assert is_study(folder) and is_study(folder / "study.h5ad")
    assert not is_study(folder / "treated.h5ad") and not is_study(tmp_path)
    assert load_study(folder / "study.h5ad").n_sections == 2


def test_a_study_in_the_place_of_one_section_is_refused(folder) -> None:
    for path, sentence in [
        (folder, r"out holds the results of several sections: give the file of one of them"),
        (folder / "study.h5ad", r"study.h5ad holds what several sections share: give the file"),
    ]:
        with pytest.raises(InputError, match=sentence):
            result_file.load(path)
    with pytest.raises(InputError, match=r"study.h5ad holds what several sections share"):
        darlc.read(folder / "study.h5ad")
    assert darlc.read(folder / "treated.h5ad").n_vars == 14


def test_a_smaller_study_takes_the_place_of_a_larger_one(study, folder) -> None:
    smaller = replace(
        study,
        section_names=study.section_names[:1],
        section_membership=study.section_membership[:1],
        evidence=study.evidence[:1],
        keeps=study.keeps[:, :1],
        molecules=study.molecules[:, :1],
        sections=study.sections[:1],
    )
    smaller.save(folder)
    assert names(folder) == ["ctrl_1.h5ad", "study.h5ad"]


def test_other_files_are_never_lost(study, folder) -> None:
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"holds something else \(notes.txt\)"):
        study.save(folder)
    assert len(names(folder)) == 4 and load_study(folder).n_sections == 2


def test_all_or_nothing(study, folder, tmp_path, monkeypatch) -> None:
    """The disk is full at the last file."""
    from darlc.io.study import study_file

    def full(adata, path):
        raise InputError(f"{path} could not be written (No space left on device).")

    monkeypatch.setattr(study_file, "write", full)
    before = (folder / "study.h5ad").read_bytes()
    with pytest.raises(InputError, match="No space left") as raised:
        replace(study, notes=()).save(folder)
    assert str(folder / "study.h5ad") in str(raised.value)
    assert (folder / "study.h5ad").read_bytes() == before
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda out: (out / "treated.h5ad").unlink(), r"out lacks treated.h5ad, which its study"),
        (lambda out: (out / "treated.h5ad").write_bytes(b"x" * 99), r"treated.h5ad could not be"),
        (lambda out: (out / "study.h5ad").write_bytes(b"x" * 99), r"study.h5ad could not be read"),
        (
            lambda out: (out / "treated.h5ad").write_bytes((out / "ctrl_1.h5ad").read_bytes()),
            r"treated.h5ad holds another result than the one",
        ),
    ],
)
def test_damaged_and_missing_parts_are_a_sentence(damage, sentence, folder) -> None:
    damage(folder)
    with pytest.raises(InputError, match=sentence):
        darlc.load(folder)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda adata: adata.uns.pop("darlc_study"), "holds no study"),
        (lambda adata: adata.uns["darlc_study"].update(schema_version=9), "a newer darlc"),
        (lambda adata: adata.uns["darlc_study"].pop("config"), "was changed since it was written"),
        (lambda adata: adata.layers.pop("molecules"), "was changed .*molecules"),
        (lambda adata: adata.uns["darlc_study"].update(constancy=2.0), "constancy is 2.0"),
        (
            lambda adata: adata.uns["darlc_study"].update(cluster_names=np.array(["a", "b", "c"])),
            "the result of ctrl 1 has other clusters",
        ),
        (
            lambda adata: adata.uns["darlc_study"].update(files=np.array(["../a.h5ad", "b"])),
            r"lacks ../a.h5ad, b",
        ),
    ],
)
def test_a_file_that_was_changed_is_a_sentence(change, sentence, folder) -> None:
    adata = read_h5ad(folder / "study.h5ad")
    change(adata)
    write(adata, folder / "study.h5ad")
    with pytest.raises(InputError, match=sentence):
        darlc.load(folder)


def test_files_outside_the_folder_are_not_read(folder, tmp_path) -> None:
    (folder / "treated.h5ad").rename(tmp_path / "treated.h5ad")
    adata = read_h5ad(folder / "study.h5ad")
    adata.uns["darlc_study"]["files"] = np.array(["ctrl_1.h5ad", "../treated.h5ad"])
    write(adata, folder / "study.h5ad")
    with pytest.raises(InputError, match=r"lacks ../treated.h5ad"):
        darlc.load(folder)


def test_what_cannot_be_saved_is_known_before_long_work(study, tmp_path) -> None:
    adatas = {name: study.section(name).adata for name in study.section_names}
    assert try_out_study(adatas, tmp_path / "out")["ctrl 1"] == ()
    assert names(tmp_path) == []
    adatas["treated"].obs["odd"] = [object()] * 72
    notes = try_out_study(adatas, tmp_path / "out")
    assert notes["ctrl 1"] == () and "obs['odd']" in notes["treated"][0]
    with pytest.raises(InputError, match="does not exist"):
        try_out_study(adatas, tmp_path / "missing" / "out")
