from __future__ import annotations

import json

import pytest

from darlc.cli.commands import run


@pytest.mark.parametrize(
    "words",
    [
        ["--genes", "gene5, Gene0"],
        ["--genes", "Gene13", "--view", "raw"],
        ["--views", "Gene5"],
        ["--clusters", "all"],
        ["--clusters", "myelin,2"],
    ],
)
def test_each_figure(saved, tmp_path, capsys, words):
    out = tmp_path / "figure.png"
    assert run(["figure", str(saved), *words, "--out", str(out), "--dpi", "40", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"out": str(out)}
    assert out.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--genes", "Gene55"], "Gene55 is not among the genes of the data: did you mean Gene5"),
        (["--genes", "Gene5", "--view", "smooth"], "there is no view called smooth"),
        (["--genes", "Gene5", "--map"], "one figure is drawn at a time"),
        ([], "one figure is drawn at a time"),
        (["--clusters", "9"], "no cluster is called 9: choose among myelin"),
        (["--k-curve"], "holds no curve"),
        (["--map", "--out", "figure.docx"], "must end in .pdf, .svg or .png"),
        (["--map", "--out", "nowhere/figure.pdf"], "the folder nowhere does not exist"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_sentence(
    saved, tmp_path, capsys, monkeypatch, words, sentence
):
    monkeypatch.chdir(tmp_path)
    assert run(["figure", str(saved), "--out", "figure.pdf", *words]) == 2
    said = capsys.readouterr().err.strip()
    assert said.startswith("darlc: ") and sentence in said and "\n" not in said
    assert [each.name for each in tmp_path.iterdir()] == ["result.h5ad"]


@pytest.mark.parametrize("words", [["--genes", "gene5, Gene0"], ["--clusters", "all"]])
def test_a_study_is_drawn_in_all_sections(study, tmp_path, capsys, words):
    folder = study.save(tmp_path / "study", on_note=lambda _note: None)
    out = tmp_path / "figure.png"
    assert run(["figure", str(folder), *words, "--out", str(out), "--dpi", "40"]) == 0
    assert out.read_bytes().startswith(b"\x89PNG")
    assert run(["figure", str(folder), "--map", "--out", str(out)]) == 2
    assert "give the file of one section" in capsys.readouterr().err


def test_a_page_is_written(saved, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("darlc.explore.gene_map.umap_plane", lambda vectors, start: start)
    out = tmp_path / "report.html"
    assert run(["report", str(saved), "--out", str(out), "--title", "Bulb & more", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"out": str(out), "bytes": out.stat().st_size}
    assert "<title>Bulb &amp; more</title>" in out.read_text()


def test_a_page_with_enriched_sets(saved, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("darlc.explore.gene_map.umap_plane", lambda vectors, start: start)
    folder = tmp_path / "collections"
    folder.mkdir()
    (folder / "sets.gmt").write_text("FIRST\tna\tGENE0\tGENE1\tGENE2\tGENE3\tGENE4\n")
    out = tmp_path / "report.html"
    assert run(["report", str(saved), "--out", str(out), "--sets", str(folder)]) == 0
    assert '"set": "FIRST", "record": "from sets.gmt"' in out.read_text()
    out.unlink()
    capsys.readouterr()
    assert run(["report", str(saved), "--out", str(out), "--sets", str(tmp_path / "no.gmt")]) == 2
    assert "no.gmt is no file" in capsys.readouterr().err and not out.exists()


def test_a_wrong_name_is_said_in_a_sentence(saved, tmp_path, capsys):
    assert run(["report", str(saved), "--out", str(tmp_path / "report.pdf")]) == 2
    said = capsys.readouterr().err
    assert "must end in .html: choose such a name." in said and said.count("\n") == 1


def test_a_report_of_a_folder_is_of_all_its_sections(study, tmp_path, capsys):
    study.save(tmp_path / "two")
    out = tmp_path / "study.html"
    assert run(["report", str(tmp_path / "two"), "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["out"] == str(out)
    page = out.read_text()
    assert "What changes" in page and "<title>two" in page
    assert "darlc fit two/ctrl_1.h5ad two/treated.h5ad --out again" in page
