"""Several sections are fitted together, and a folder holds what came out."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from anndata import read_h5ad

import darlc
from darlc.cli.commands import run
from darlc.events import AtSection, Progress
from darlc.io import rescue
from darlc.io.study.study_file import save_study
from darlc.io.study.training_folder import described_path

from ...conftest import make_study


@pytest.fixture
def asked(monkeypatch, make_result):
    """Put something quick in the place of the training; return what it was asked."""
    asked = []

    def fit_study(adatas, config=None, on_event=None, stop=None, *, separate=(), **where):
        asked.append((dict(adatas), config, set(separate), where))
        for i, name in enumerate(adatas):
            on_event(AtSection(name, i, 3))
            on_event(Progress("denoise", 1, 2))
        on_event(AtSection("", 2, 3))
        on_event(Progress("search", 1, 1))
        return make_study(adatas, config, make_result)

    monkeypatch.setattr("darlc.api.fit_study", fit_study)
    return asked


@pytest.fixture
def inputs(tissue, tmp_path):
    """Return the files of two sections."""
    del tissue.obs["remark"], tissue.raw
    paths = [tmp_path / f"{name}.h5ad" for name in ("ctrl", "treated")]
    for path, adata in zip(paths, (tissue, tissue[:, ::-1].copy()), strict=True):
        adata.write_h5ad(path)
    return paths


def fit(*words: object) -> int:
    return run(["fit", *(str(word) for word in words)])


def test_two_files_become_a_folder_of_results(inputs, tmp_path, asked, capsys) -> None:
    out = tmp_path / "out"
    assert fit(*inputs, "--out", out, "--seed", 4, "--preset", "quick", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    ((adatas, config, separate, where),) = asked
    state = tmp_path / "out.training"
    assert where == {"workers": 0, "scheduler": "", "state": state, "resume": False}
    assert list(adatas) == ["ctrl", "treated"] and separate == {"ctrl", "treated"}
    assert (config.seed, config.preset) == (4, "quick")
    assert sorted(each.name for each in out.iterdir()) == [
        "ctrl.h5ad", "study.h5ad", "treated.h5ad"
    ]  # fmt: skip
    assert [each["name"] for each in facts["sections"]] == ["ctrl", "treated"]
    assert [each["changed"] for each in facts["sections"]] == [0, 1]
    assert (facts["genes"], facts["clusters"], facts["genes_changed"]) == (12, 3, 1)
    study = darlc.load(out)
    assert study.n_sections == 2
    np.testing.assert_array_equal(
        read_h5ad(out / "treated.h5ad").var_names, read_h5ad(inputs[1]).var_names
    )


def test_sections_are_computed_where_it_is_said(inputs, tmp_path, asked) -> None:
    assert fit(*inputs, "--out", tmp_path / "out", "--workers", 3) == 0
    assert fit(*inputs, "--out", tmp_path / "more", "--scheduler", "tcp://node1:8786") == 0
    assert [(each[3]["workers"], each[3]["scheduler"]) for each in asked] == [
        (3, ""),
        (0, "tcp://node1:8786"),
    ]


def test_an_interrupted_study_is_continued_and_its_state_deleted(
    inputs, tmp_path, asked, capsys
) -> None:
    state = tmp_path / "out.training"
    state.mkdir()
    described_path(state, 0).write_bytes(b"")
    assert fit(*inputs, "--out", tmp_path / "out", "--resume") == 0
    ((*_, where),) = asked
    assert where["resume"] and where["state"] == state
    assert "continuing from the description of 1 section" in capsys.readouterr().err
    assert not state.exists() and (tmp_path / "out" / "study.h5ad").exists()


def test_progress_is_of_a_section_and_of_the_study(inputs, tmp_path, asked, capsys) -> None:
    assert fit(*inputs, "--out", tmp_path / "out") == 0
    assert capsys.readouterr().err.splitlines() == [
        "study: 0 of 3",
        "ctrl, denoise: 1 of 2",
        "study: 1 of 3",
        "treated, denoise: 1 of 2",
        "study: 2 of 3",
        "search: 1 of 1",
    ]


def test_what_was_said_of_a_section_stays_with_it(inputs, tmp_path, asked, capsys) -> None:
    adata = read_h5ad(inputs[1])
    adata.obsm["spatial"][7] = np.nan
    adata.write_h5ad(inputs[1])
    assert fit(*inputs, "--out", tmp_path / "out") == 0
    lines = capsys.readouterr().out.splitlines()
    (said,) = [line for line in lines if "without finite coordinates" in line]
    assert said.startswith("treated: 1 observation")
    assert "A note of the study." in lines and "2 genes left out: for a reason." in lines
    assert lines[-1] == f"Written to {tmp_path / 'out'}"
    study = darlc.load(tmp_path / "out")
    assert any("finite coordinates" in note for note in study.section("treated").notes)
    assert not any("finite coordinates" in note for note in study.section("ctrl").notes)


def test_a_folder_of_samples_and_a_column_are_sections_too(inputs, tmp_path, asked) -> None:
    (tmp_path / "samples").mkdir()
    for path in inputs:
        path.rename(tmp_path / "samples" / path.name)
    assert fit(tmp_path / "samples", "--out", tmp_path / "out") == 0
    assert list(asked[0][0]) == ["ctrl", "treated"]
    one = tmp_path / "samples" / "ctrl.h5ad"
    adata = read_h5ad(one)
    adata.obs["half"] = np.where(np.arange(adata.n_obs) % 2, "odd", "even")
    adata.write_h5ad(one)
    assert fit(one, "--section-column", "half", "--out", tmp_path / "halves") == 0
    assert {name: each.n_obs for name, each in asked[1][0].items()} == {"even": 36, "odd": 36}
    assert darlc.load(tmp_path / "halves").section_names == ("even", "odd")


def test_one_file_stays_one_result(inputs, tmp_path, no_training, asked) -> None:
    assert fit(inputs[0], "--out", tmp_path / "result.h5ad") == 0
    assert isinstance(darlc.load(tmp_path / "result.h5ad"), darlc.Result) and not asked


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("{a} {b} --out {tmp}/out.h5ad", "written to a folder: choose a name without .h5ad"),
        ("{a} {b} --out {tmp}", "holds the input"),
        ("{a} {a} --out {tmp}/out", "was given twice"),
        ("{a} {tmp}/none.h5ad --out {tmp}/out", "none.h5ad does not exist"),
        ("{a} --section-column nothing --out {tmp}/out", "no column 'nothing'"),
        ("{a} --workers 2 --out {tmp}/out.h5ad", "--workers and --scheduler are for several"),
        ("{a} {b} --out {tmp}/no/out", "the folder {tmp}/no does not exist"),
    ],
)
def test_what_cannot_be_fitted_together_is_a_sentence(
    words, says, inputs, tmp_path, asked, capsys
) -> None:
    given = {"a": inputs[0], "b": inputs[1], "tmp": tmp_path}
    assert fit(*words.format(**given).split()) == 2
    assert says.format(**given) in capsys.readouterr().err
    assert sorted(each.name for each in tmp_path.iterdir()) == ["ctrl.h5ad", "treated.h5ad"]
    assert not asked


def test_a_study_that_cannot_be_written_is_kept_elsewhere(
    inputs, tmp_path, asked, capsys, monkeypatch
) -> None:
    def full(study, folder, *rest):
        if folder.name == "out":
            raise OSError("No space left on device")
        return save_study(study, folder, *rest)

    monkeypatch.setattr(rescue, "save_study", full)
    assert fit(*inputs, "--out", tmp_path / "out") == 2
    said = capsys.readouterr().err
    assert "No space left" in said and f"The study is kept in {tmp_path / 'out_rescued'}" in said
    assert darlc.load(tmp_path / "out_rescued").n_sections == 2


def test_info_describes_a_study(inputs, tmp_path, asked, capsys) -> None:
    assert fit(*inputs, "--out", tmp_path / "out") == 0
    capsys.readouterr()
    assert run(["info", str(tmp_path / "out")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == [
        "section",
        "observations",
        "pixels",
        "genes",
        "molecules",
        "changed",
    ]
    assert lines[2].split()[:2] == ["ctrl", "72"]
    assert lines[4].startswith("12 genes in 3 clusters over 2 sections; 1 follow another cluster")
    assert [line.split() for line in lines[6:8]] == [
        ["cluster", "ctrl", "treated"], ["myelin", "4", "4"]
    ]  # fmt: skip
    assert lines[-2].split() == ["treated", "0.89", "1.00"]
    assert lines[-1].startswith("What the other sections tell")
    assert run(["info", str(tmp_path / "out"), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["constancy"] == 0.95
    assert facts["genes_in_clusters"]["größer"] == {"ctrl": 4.0, "treated": 3.1}
    assert facts["agreement"][0][1] == pytest.approx(0.8947, abs=0.001)


def test_stopping_early_is_said(inputs, tmp_path, asked, capsys, monkeypatch) -> None:
    whole = darlc.api.fit_study

    def stopped(*given, **more):
        study = whole(*given, **more)
        return replace(study, sections=tuple(replace(s, stopped=True) for s in study.sections))

    monkeypatch.setattr("darlc.api.fit_study", stopped)
    assert fit(*inputs, "--out", tmp_path / "out") == 0
    assert "Stopped early." in capsys.readouterr().out
