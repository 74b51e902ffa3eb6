from __future__ import annotations

import json

import pytest

from darlc.cli.commands import run


@pytest.fixture
def saved(result, tmp_path):
    """Return a result file of the small tissue."""
    del result.adata.obs["remark"]
    return result.save(tmp_path / "result.h5ad")


def test_a_page_is_written(saved, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("darlc.report.page_data.umap_plane", lambda vectors, start: start)
    out = tmp_path / "report.html"
    assert run(["report", str(saved), "--out", str(out), "--title", "Bulb & more", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"out": str(out), "bytes": out.stat().st_size}
    assert "<title>Bulb &amp; more</title>" in out.read_text()


def test_a_wrong_name_is_said_in_a_sentence(saved, tmp_path, capsys):
    assert run(["report", str(saved), "--out", str(tmp_path / "report.pdf")]) == 2
    said = capsys.readouterr().err
    assert "must end in .html: choose such a name." in said and said.count("\n") == 1
