"""A result file to ask, and what asks it."""

from __future__ import annotations

import json

import pytest

from darlc.cli.commands import run


@pytest.fixture
def saved(result, tmp_path):
    """Return a result file of the small tissue."""
    del result.adata.obs["remark"]
    return result.save(tmp_path / "result.h5ad")


@pytest.fixture
def ask(capsys):
    """Return what runs a command and returns the lines or the JSON object that it prints."""

    def ask(*words: object):
        capsys.readouterr()
        assert run([str(word) for word in words]) == 0, capsys.readouterr().err
        out = capsys.readouterr().out
        return json.loads(out) if "--json" in words else out.splitlines()

    return ask
