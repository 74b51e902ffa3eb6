from __future__ import annotations

import shlex

import pytest

from darlc.cli.commands import run
from darlc.config import Config
from darlc.report.provenance import command, facts


@pytest.mark.parametrize(
    "config",
    [
        Config(),
        Config.from_preset("quick", seed=7, clusters=5, genes=11, include=("Gene 1", "Gene2")),
        Config.from_preset("thorough", bin_size=100.0, model_pixels=99, count_weight=0.5),
    ],
)
def test_the_command_repeats_the_fit(config, tissue, tmp_path, no_training, monkeypatch):
    monkeypatch.chdir(tmp_path)
    del tissue.obs["remark"]
    tissue.var_names = [name.replace("Gene1", "Gene 1") for name in tissue.var_names]
    tissue.write_h5ad("my data.h5ad")
    program, *words = shlex.split(command(config, "my data.h5ad"))
    assert program == "darlc" and run(words) == 0
    ((_, asked),) = no_training
    assert asked == config


def test_facts_hold_what_was_fitted(result):
    found = dict(facts(result))
    assert found["Fingerprint of the input"] == result.fingerprint
    assert found["Versions"] == "darlc 0.1, torch 2.4" and found["Seed"] == "3"
