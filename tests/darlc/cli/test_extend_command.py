"""``darlc extend``: genes outside the model, from a result file into another."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from darlc.cli.commands import app, run
from darlc.config import Config, DenoiseConfig, MixtureConfig, NetworkConfig, TrainConfig
from darlc.events import Denoised, Event
from darlc.images.sgep_images import rasterize
from darlc.io.result_file import load
from darlc.learn.train.run import train


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """Return a result file of a small fit that left two of its genes out."""
    rng = np.random.default_rng(0)
    from anndata import AnnData

    row, column = np.mgrid[:14, :12].reshape(2, -1)
    stripe = (row // 5)[:, None] == np.repeat(np.arange(3), 6)
    rate = np.where(stripe, 12.0, 1.0) * rng.lognormal(0.0, 0.3, 18)
    adata = AnnData(rng.poisson(rate).astype(np.float32))
    adata.var_names = [f"Gene{i}" for i in range(18)]
    adata.obs["array_row"], adata.obs["array_col"] = row, column
    adata.obsm["spatial"] = np.column_stack([column, row]) * 100.0
    config = Config(
        genes=15,
        clusters=3,
        device="cpu",
        denoise=DenoiseConfig(components=4, width=16, heads=2, epochs=8),
        network=NetworkConfig(width=16, heads=2, depth=1, embedding=4, rank=4),
        mixture=MixtureConfig(restarts=1, moves=1),
        train=TrainConfig(pretrain_epochs=1, joint_epochs=1, batch=32),
    )
    seen: list[Event] = []
    for event in train(
        rasterize(adata), config, stop=lambda: any(isinstance(each, Denoised) for each in seen)
    ):
        seen.append(event)
    path = tmp_path_factory.mktemp("fitted") / "result.h5ad"
    return seen[-1].result.with_data(adata).save(path)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "extended.h5ad"


@pytest.fixture
def outside(fitted) -> list[str]:
    result = load(fitted)
    return [name for name in result.adata.var_names if name not in set(result.gene_names)]


def test_help_has_an_example_that_can_be_parsed():
    shown = CliRunner().invoke(app, ["extend", "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert shown.exit_code == 0
    assert "Example: darlc extend result.h5ad MBP,PLP1 --out extended.h5ad" in shown.output


def test_genes_are_added(fitted, outside, out, capsys):
    before = fitted.read_bytes()
    assert len(outside) == 3
    asked = f"{outside[0].lower()},{outside[2]}"
    assert run(["extend", str(fitted), asked, "--out", str(out), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["added"] == [outside[0], outside[2]] and facts["modelled"] == []
    assert fitted.read_bytes() == before
    result, extended = load(fitted), load(out)
    assert list(extended.added.gene_names) == facts["added"]
    np.testing.assert_array_equal(extended.membership, result.membership)
    np.testing.assert_array_equal(extended.denoised, result.denoised)
    images = rasterize(result.adata)
    asked = images.select(images.index(facts["added"]))
    np.testing.assert_array_equal(extended.added.embedding, result.embed(asked))
    np.testing.assert_allclose(extended.added.denoised, result.denoise(asked), atol=2e-3)


def test_more_can_be_added_and_asked_about(fitted, outside, out, tmp_path, capsys):
    assert run(["extend", str(fitted), outside[1], "--out", str(out)]) == 0
    listed, more = tmp_path / "genes.txt", tmp_path / "more.zarr"
    modelled = str(load(fitted).gene_names[0])
    listed.write_text(f"{outside[0]}\n\n{modelled}\n{outside[1]}\n")
    capsys.readouterr()
    assert run(["extend", str(out), str(listed), "--out", str(more)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("1 gene denoised and embedded in ")
    assert lines[1] == "1 gene in the model already, left unchanged."
    assert lines[2] == f"Written to {more}"
    assert list(load(more).added.gene_names) == [outside[1], outside[0]]
    assert run(["similar", str(more), outside[0], "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["ranked_by"] == "embedding" and not facts["modelled"]
    assert facts["similar"][0]["embedding"] is not None
    assert run(["similar", str(more), outside[0]]) == 0
    assert f"Genes like {outside[0]} (outside the model), by" in capsys.readouterr().out


def test_a_denoised_layer_goes_on_holding_all(fitted, outside, out, tmp_path):
    layered = load(fitted).save(tmp_path / "layered.h5ad", denoised_layer=True)
    assert run(["extend", str(layered), outside[0], "--out", str(out)]) == 0
    layer = load(out).adata.to_df("darlc_denoised")
    assert layer[outside[0]].notna().all() and layer[outside[1]].isna().all()


@pytest.mark.parametrize(
    ("genes", "sentence"),
    [
        ("Gene1,Gnee2", "Gnee2 is not among the genes of the data: did you mean Gene2"),
        (" , ", "no gene is named"),
        ("qqqq" * 400, "is not among the genes of the data: check the spelling"),
    ],
)
def test_bad_names_get_a_sentence(fitted, out, capsys, genes, sentence):
    assert run(["extend", str(fitted), genes, "--out", str(out)]) == 2
    assert sentence in capsys.readouterr().err
    assert not out.exists()


def test_bad_files_get_a_sentence(fitted, outside, out, tmp_path, capsys):
    binary = tmp_path / "genes.bin"
    binary.write_bytes(b"\xff\xfe\x00")
    assert run(["extend", str(fitted), str(binary), "--out", str(out)]) == 2
    assert "is not text in UTF-8" in capsys.readouterr().err
    assert run(["extend", str(fitted), outside[0], "--out", str(fitted)]) == 2
    assert "darlc: " in capsys.readouterr().err
    assert not out.exists()
