"""A result file as the commands ask it."""

from __future__ import annotations

import json

import pytest
from anndata import read_h5ad

from darlc.api import fit
from darlc.cli.commands import run
from darlc.cli.opened_result import OpenedResult
from darlc.errors import InputError
from darlc.images.sgep_images import rasterize
from darlc.simulation.tissue import simulate

#: Commands that answer, and what else they are asked with.
QUESTIONS = {
    "info": (),
    "score": (),
    "similar": ("Gene1",),
    "markers": ("region", "--value", "1"),
}


def test_genes_are_found_in_the_data(saved, result):
    opened = OpenedResult(saved)
    assert opened.images.n_genes == 14 and len(opened.modelled) == result.n_genes
    assert list(opened.images.gene_names[opened.modelled]) == list(result.gene_names)
    assert opened.cluster(5) == "2" and opened.cluster(13) == ""


def test_edited_clusters_are_the_ones_that_are_named(result, tmp_path):
    from dataclasses import replace

    del result.adata.obs["remark"]
    named = replace(result, edited=result.clusters.renamed(1, "grey matter"))
    assert OpenedResult(named.save(tmp_path / "r.h5ad")).cluster(5) == "grey matter"


def test_data_on_other_pixels_are_refused(saved, tmp_path):
    adata = read_h5ad(saved)
    adata.obs["array_col"] += (adata.obs["array_row"] == 0) * 3
    moved = tmp_path / "moved.h5ad"
    adata.write_h5ad(moved)
    with pytest.raises(InputError, match="lies on other pixels than its data: fit again"):
        OpenedResult(moved)


def changed(saved, tmp_path):
    """Return the file with its expression normalised, as scanpy does it in place."""
    adata = read_h5ad(saved)
    adata.X = adata.X.multiply(3.0).tocsr()
    adata.layers["counts"] = adata.X
    path = tmp_path / "changed.h5ad"
    adata.write_h5ad(path)
    return path


def test_expression_that_has_changed_is_mentioned(saved, tmp_path, capsys):
    assert OpenedResult(saved).notes == ()
    path = changed(saved, tmp_path)
    opened = OpenedResult(path)
    assert opened.data_match.changed and "has changed since the fit" in opened.notes[0]
    for command, rest in QUESTIONS.items():
        for asked in (saved, path):
            assert run([command, str(asked), *rest, "--json"]) == 0
            notes = json.loads(capsys.readouterr().out)["notes"]
            said = [note for note in notes if "has changed since the fit" in note]
            assert len(said) == (asked == path), command
        assert run([command, str(path), *rest]) == 0
        assert "has changed since the fit" in capsys.readouterr().out


def test_other_data_under_a_result_name_the_file(saved, tmp_path):
    adata = read_h5ad(saved)
    del adata.obsm["spatial"], adata.obs["array_row"]
    adata.write_h5ad(tmp_path / "nowhere.h5ad")
    with pytest.raises(InputError, match=r"nowhere\.h5ad holds no coordinates"):
        OpenedResult(tmp_path / "nowhere.h5ad")


def test_larger_pixels_of_an_earlier_version_are_those_of_its_result(tmp_path):
    """Earlier versions chose larger bins for many free coordinates; their results still open."""
    from dataclasses import replace

    from darlc.config import Config, DenoiseConfig, MixtureConfig, NetworkConfig, TrainConfig

    adata = simulate(seed=2, genes=30, clusters=3, platform="merfish")
    config = Config(
        clusters=3,
        bin_size=61.7,
        device="cpu",
        denoise=DenoiseConfig(components=4, width=16, heads=2, epochs=4),
        network=NetworkConfig(width=16, heads=2, depth=1, embedding=4, rank=4),
        mixture=MixtureConfig(restarts=1, moves=0),
        train=TrainConfig(pretrain_epochs=0, joint_epochs=0),
    )
    result = fit(adata, config)
    assert result.grid.n_pixels < rasterize(adata).grid.n_pixels / 2
    earlier = replace(result, config=config.replace(bin_size=None))
    opened = OpenedResult(earlier.save(tmp_path / "earlier.h5ad"))
    assert opened.notes == () and opened.images.grid.shape == result.grid.shape
