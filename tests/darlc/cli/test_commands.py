"""The command: what it prints, what it writes, and how it fails."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace

import h5py
import numpy as np
import pytest
from anndata import read_h5ad
from typer.testing import CliRunner

from darlc.cli import commands
from darlc.cli.commands import app, run
from darlc.data.dataset import Dataset
from darlc.images.sections.stacked_sections import stacked
from darlc.io.result_file import load

COMMANDS = ["fit", "denoise", "simulate", "info", "score"]


@pytest.fixture
def source(tissue, tmp_path):
    """Return a folder that holds the tissue, and nothing else."""
    del tissue.obs["remark"]
    folder = tmp_path / "in"
    folder.mkdir()
    tissue.write_h5ad(folder / "tissue.h5ad")
    return folder / "tissue.h5ad"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example_that_can_be_parsed(command):
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert shown.exit_code == 0
    line = next(line for line in shown.output.splitlines() if "Example: darlc" in line)
    words = line.split("Example: darlc ")[1].strip(" │").split()
    assert words[0] == command
    for word in words:
        if word.startswith("--"):
            assert shown.output.count(word) >= 2, f"the example's {word} is no option"


def test_help_needs_nothing_heavy():
    code = (
        "import sys; from darlc.cli.commands import run; assert run(['--help']) == 0; "
        "heavy = {'torch', 'scanpy', 'anndata', 'numpy', 'pandas'} & set(sys.modules); "
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    for command in COMMANDS:
        assert command in done.stdout


def test_no_command_shows_help(capsys):
    assert run([]) == 0
    assert "Usage: darlc" in capsys.readouterr().out


def test_fit(source, tmp_path, no_training, capsys):
    out, before = tmp_path / "r.h5ad", source.read_bytes()
    words = ["--clusters", "3", "--include", "Gene1, Gene2", "--preset", "quick", "--seed", "4"]
    more = ["--genes", "13", "--count-weight", "0", "--device", "cpu", "--denoised-layer"]
    assert run(["fit", str(source), "--out", str(out), *words, *more]) == 0
    config = no_training[0][1]
    assert (config.clusters, config.include, config.preset) == (3, ("Gene1", "Gene2"), "quick")
    assert (config.seed, config.genes, config.count_weight) == (4, 13, 0)
    assert config.device == "cpu" and config.train.joint_epochs == 4
    captured = capsys.readouterr()
    assert "12 genes in 3 clusters, computed on cpu" in captured.out
    assert f"Written to {out}" in captured.out
    assert "X holds whole numbers and is read as counts." in captured.out
    assert captured.err.splitlines() == [
        "rasterize: 1 of 1", "denoise: 1 of 2", "denoise: 2 of 2",
    ]  # fmt: skip
    assert load(out).config == config
    assert "darlc_denoised" in read_h5ad(out).layers
    assert source.read_bytes() == before and names(source.parent) == ["tissue.h5ad"]


def test_fit_prints_one_json_object(source, tmp_path, no_training, capsys, monkeypatch):
    out = tmp_path / "r.zarr"

    def chatter(*args, **more):
        print("a library says something")
        return write(*args, **more)

    from darlc.io import result_file

    write = result_file.write
    monkeypatch.setattr(result_file, "write", chatter)
    assert run(["fit", str(source), "--out", str(out), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["out"] == str(out) and facts["genes"] == 12 and facts["clusters"] == 3
    assert facts["stage"] == "assign" and facts["device"] == "cpu" and facts["seconds"] >= 0
    assert "a note of training." not in facts["notes"]
    assert load(out).n_genes == 12


def test_the_budget_of_pixels_is_handed_on_and_what_it_means_is_said(
    source, tmp_path, no_training, capsys
):
    words = ["--out", str(tmp_path / "r.h5ad"), "--model-pixels", "20"]
    assert run(["fit", str(source), *words, "--json"]) == 0
    assert no_training[-1][1].model_pixels == 20
    facts = json.loads(capsys.readouterr().out)
    assert (facts["drawing"], facts["pooling"]) == (12, 1)
    assert run(["denoise", str(source), *words]) == 0
    assert no_training[-1][1].model_pixels == 20
    capsys.readouterr()
    assert run(["info", str(source), "--model-pixels", "20", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["model_pixels"], facts["pooling"]) == (20, 2)
    for command in (["info"], ["fit", "--out", str(tmp_path / "no.h5ad")]):
        assert run([command[0], str(source), *command[1:], "--model-pixels", "-1"]) == 2
        assert "--model-pixels" in capsys.readouterr().err
    assert not (tmp_path / "no.h5ad").exists()


def test_denoise(source, tmp_path, no_training, capsys):
    out = tmp_path / "d.h5ad"
    assert run(["denoise", str(source), "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["genes"] == 14
    adata, before = read_h5ad(out), read_h5ad(source)
    assert adata.layers["darlc_denoised"].shape == (72, 14)
    for part in ("obs", "var", "obsm", "varm", "uns", "obsp"):
        assert set(getattr(adata, part)) == set(getattr(before, part))
    assert set(adata.layers) == {"counts", "darlc_denoised"}


def test_simulate(tmp_path, capsys):
    first, again, other = (tmp_path / f"{name}.h5ad" for name in "abc")
    words = ["--genes", "30", "--clusters", "3", "--depth", "50"]
    for out, seed in [(first, "1"), (again, "1"), (other, "2")]:
        assert run(["simulate", "--out", str(out), "--seed", seed, *words]) == 0
    assert "30 genes that follow 3 patterns.\n" in capsys.readouterr().out
    same, different = read_h5ad(again).X, read_h5ad(other).X
    assert (same != read_h5ad(first).X).nnz == 0
    assert same.shape != different.shape or (same != different).nnz


def test_simulate_hands_every_option_on(tmp_path, capsys):
    out = tmp_path / "a.h5ad"
    words = "--seed 2 --genes 30 --clusters 3 --platform st --patterns streak --dropout 0.25"
    words += " --nuisance library,holes --unpatterned 0.2 --sums 0.1 --json"
    assert run(["simulate", "--out", str(out), *words.split()]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["genes"], facts["unpatterned_genes"], facts["clusters"]) == (30, 6, 3)
    assert (facts["seed"], facts["depth"], facts["platform"]) == (2, 8000, "st")
    assert facts["observations"] == read_h5ad(out).n_obs
    assert read_h5ad(out).uns["simulation"] == {
        "seed": 2, "genes": 30, "clusters": 3, "depth": 8000, "platform": "st",
        "patterns": "streak", "nuisance": "library,holes", "dropout": 0.25, "unpatterned": 0.2,
        "sums": 0.1,
    }  # fmt: skip


def test_simulate_like_a_real_tissue(source, tmp_path, capsys):
    before, out = source.read_bytes(), tmp_path / "a.h5ad"
    words = ["--genes", "12", "--clusters", "3", "--like", str(source), "--regions", "region"]
    assert run(["simulate", "--out", str(out), "--unpatterned", "0.25", *words]) == 0
    captured = capsys.readouterr()
    assert "72 observations of 12 genes" in captured.out
    assert "3 patterns, but for 3 that follow none." in captured.out and captured.err == ""
    np.testing.assert_array_equal(read_h5ad(out).obsm["spatial"], read_h5ad(source).obsm["spatial"])
    assert source.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("--platform xenium", "platform 'xenium' is not known"),
        ("--patterns dots", "patterns 'dots' is not known"),
        ("--nuisance stripes,dust", "nuisance 'dust' is not known"),
        ("--seed -1", "seed must not be negative"),
        ("--regions layer", "say which tissue"),
        ("--unpatterned 1", "unpatterned must lie in"),
        ("--sums 0.2 --sections 2", "are of one section"),
        ("--like missing.h5ad", "missing.h5ad does not exist"),
        ("--genes 3", "at least two genes each"),
    ],
)
def test_simulate_refuses_in_a_sentence(words, says, tmp_path, capsys):
    assert_refused(
        run(["simulate", "--out", str(tmp_path / "a.h5ad"), *words.split()]), capsys, says
    )
    assert names(tmp_path) == []


def test_info(source, capsys):
    assert run(["info", str(source), "--genes", "6", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["format"] == "h5ad" and facts["modelled"] == 6
    assert facts["pixel_microns"] is None
    assert run(["info", str(source)]) == 0
    captured = capsys.readouterr()
    assert "72 observations × 14 genes" in captured.out and captured.err == ""
    assert names(source.parent) == ["tissue.h5ad"]


def test_score(result, tmp_path, capsys):
    path = result.save(tmp_path / "r.h5ad")
    assert run(["score", str(path), "--truth", "pattern", "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert scores["truth"]["adjusted_rand"] == 1
    assert run(["score", str(path)]) == 0
    captured = capsys.readouterr()
    assert "12 genes in 3 clusters" in captured.out and "Rand" not in captured.out


def spoil_x(value):
    def spoil(adata):
        adata.X[0, 0] = value

    return spoil


def zeros(adata):
    adata.X = adata.X * 0


def no_coordinates(adata):
    del adata.obsm["spatial"]


def one_point(adata):
    adata.obsm["spatial"][:] = 7


BAD = {
    "nan": (spoil_x(np.nan), [], "not finite"),
    "negative": (spoil_x(-1), [], "below zero"),
    "zeros": (zeros, [], "nothing but zeros"),
    "no coordinates": (no_coordinates, [], "no coordinates"),
    "one point": (one_point, [], "one point"),
    "fewer genes than clusters": (None, ["--clusters", "20"], "at most 14 genes"),
    "one gene": (None, ["--genes", "1"], "genes must be at least 2"),
    "no number": (None, ["--genes", "many"], "--genes"),
    "odd clusters": (None, ["--clusters", "foo"], "clusters must be 'auto' or a whole number"),
    "odd preset": (None, ["--preset", "slow"], "preset 'slow' is not known"),
    "odd precision": (None, ["--precision", "8"], "precision '8' is not known"),
    "unknown option": (None, ["--resum"], "--resum"),
}


def assert_refused(code, capsys, words):
    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1, captured.err
    assert captured.err.startswith("darlc: ") and words in captured.err
    assert "Traceback" not in captured.err


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case, tissue, tmp_path, no_training, capsys):
    change, words, says = BAD[case]
    # Nothing that could stand in for what is spoilt.
    del tissue.obs["remark"], tissue.layers["counts"], tissue.raw
    tissue.obs = tissue.obs.drop(columns=["array_row", "array_col"])
    if change is not None:
        tissue.X = tissue.X.toarray()
        change(tissue)
    tissue.write_h5ad(tmp_path / "a.h5ad")
    out = str(tmp_path / "r.h5ad")
    code = run(["fit", str(tmp_path / "a.h5ad"), "--out", out, *words])
    assert_refused(code, capsys, says)
    assert names(tmp_path) == ["a.h5ad"] and not no_training


@pytest.mark.parametrize("command", ["fit", "denoise", "info", "score"])
def test_paths_that_are_no_dataset(command, tmp_path, capsys):
    (tmp_path / "folder").mkdir()
    (tmp_path / "text.h5ad").write_text("text")
    for name in ("missing.h5ad", "folder", "text.h5ad"):
        more = ["--out", str(tmp_path / "r.h5ad")] if command in ("fit", "denoise") else []
        assert_refused(run([command, str(tmp_path / name), *more]), capsys, name)
    assert names(tmp_path) == ["folder", "text.h5ad"]


@pytest.mark.parametrize("command", ["fit", "denoise"])
def test_targets_are_checked_before_any_work(command, source, tmp_path, no_training, capsys):
    before = source.read_bytes()
    cases = {
        str(source): "is the input",
        str(tmp_path / "none" / "r.h5ad"): "does not exist",
        str(tmp_path / "r.csv"): "must end in",
    }
    for out, says in cases.items():
        assert_refused(run([command, str(source), "--out", out]), capsys, says)
    assert not no_training and source.read_bytes() == before and names(tmp_path) == ["in"]


def test_score_of_a_file_without_a_result(source, capsys):
    assert_refused(run(["score", str(source)]), capsys, "holds no darlc result")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (MemoryError(), "memory"),
        (PermissionError(13, "Permission denied", "/data/x"), "/data/x: Permission denied"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (ZeroDivisionError("several\nlines"), "ZeroDivisionError: several lines"),
    ],
)
def test_whatever_happens_is_one_line(error, says, source, tmp_path, monkeypatch, capsys):
    def fail(*args, **more):
        raise error

    monkeypatch.setattr("darlc.api.fit", fail)
    assert_refused(run(["fit", str(source), "--out", str(tmp_path / "r.h5ad")]), capsys, says)
    assert names(tmp_path) == ["in"]


def test_interrupted(source, tmp_path, monkeypatch, capsys):
    def interrupt(*args, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr("darlc.api.fit", interrupt)
    assert run(["fit", str(source), "--out", str(tmp_path / "r.h5ad")]) == 130
    assert capsys.readouterr().err.strip() == "darlc: interrupted"
    assert names(tmp_path) == ["in"]


def test_the_real_command(tmp_path):
    command = [sys.executable, "-m", "darlc.cli"]
    bad = subprocess.run([*command, "info", "none.h5ad"], capture_output=True, text=True)
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr == "darlc: none.h5ad does not exist: check the path and its spelling.\n"
    out = tmp_path / "s.h5ad"
    words = ["simulate", "--out", str(out), "--genes", "20", "--clusters", "2", "--json"]
    good = subprocess.run([*command, *words], capture_output=True, text=True)
    assert (good.returncode, good.stderr) == (0, "")
    assert json.loads(good.stdout)["genes"] == 20


def test_main_ends_the_process(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["darlc", "--help"])
    with pytest.raises(SystemExit) as end:
        commands.main()
    assert end.value.code == 0


def test_options_say_what_to_read(tissue, tmp_path, no_training, capsys):
    tissue.layers["half"] = tissue.X * 0.5
    tissue.obs["right"] = (tissue.obs["array_col"] > 1).astype(int)
    del tissue.obs["remark"]
    tissue.write_h5ad(tmp_path / "a.h5ad")
    words = ["--layer", "half", "--mask", "right", "--genes", "6"]
    assert run(["info", str(tmp_path / "a.h5ad"), *words, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["values"] == "log" and facts["placed"] == 54
    assert "--layer half --mask right --genes 6" in facts["command"]
    assert run(["fit", str(tmp_path / "a.h5ad"), "--out", str(tmp_path / "r.h5ad"), *words]) == 0
    assert no_training[0][0].values == "log" and no_training[0][0].n_pixels == 54
    assert "54 of 72 observations lie in the mask right." in capsys.readouterr().out


@pytest.mark.parametrize("command", ["fit", "denoise", "info"])
def test_a_wrong_option_lists_what_there_is(command, source, tmp_path, no_training, capsys):
    more = ["--out", str(tmp_path / "r.h5ad")] if command != "info" else []
    code = run([command, str(source), "--layer", "count", *more])
    assert_refused(code, capsys, "has no 'count' for --layer: choose one of X, counts, raw.")
    code = run([command, str(source), "--bin-size", "many", *more])
    assert_refused(code, capsys, "--bin-size")
    assert not no_training


def test_the_first_interruption_keeps_what_was_learned(
    source, tmp_path, monkeypatch, make_result, capsys
):
    def fit(adata, config, on_event, stop, **more):
        assert not stop()
        signal.raise_signal(signal.SIGINT)
        from darlc.images.sgep_images import rasterize

        made = make_result(rasterize(adata), config)
        return replace(made, adata=adata, stopped=stop(), stage="pretrain")

    monkeypatch.setattr("darlc.api.fit", fit)
    out = tmp_path / "r.h5ad"
    assert run(["fit", str(source), "--out", str(out)]) == 0
    captured = capsys.readouterr()
    assert "stopping; what was learned so far is kept" in captured.err
    assert "Stopped early; pretrain was the last stage done." in captured.out
    assert load(out).stopped


@pytest.mark.parametrize("command", ["fit", "denoise"])
def test_what_cannot_be_written_is_found_before_training(
    command, source, tmp_path, no_training, monkeypatch, capsys
):
    adata = read_h5ad(source)
    adata.uns["thing"] = {"made": object()}
    monkeypatch.setattr("darlc.io.open_dataset", lambda path, options: Dataset(adata, path, "h5ad"))
    full = shutil.disk_usage(tmp_path)._replace(free=1000)
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda folder: full)
        code = run([command, str(source), "--out", str(tmp_path / "r.h5ad")])
    assert_refused(code, capsys, "MB are free there")
    assert not no_training and names(tmp_path) == ["in"]
    # What no file holds as it is becomes text.
    assert run([command, str(source), "--out", str(tmp_path / "r.h5ad")]) == 0
    assert "hold no such values: uns['thing']['made']" in capsys.readouterr().out
    assert read_h5ad(tmp_path / "r.h5ad").uns["thing"]["made"].startswith("<object object")


def test_the_size_of_a_pixel(tissue, tmp_path, no_training, capsys):
    del tissue.obs["remark"], tissue.obs["array_row"]
    tissue.write_h5ad(tmp_path / "a.h5ad")
    words = [str(tmp_path / "a.h5ad"), "--pixel-size", "200"]
    assert run(["info", *words, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["pixel_size"] == pytest.approx(200) and "--pixel-size 200" in facts["command"]
    assert run(["fit", *words, "--out", str(tmp_path / "r.h5ad")]) == 0
    images, config = no_training[0]
    assert config.bin_size == 200 and images.grid.pixel_size == pytest.approx(200)
    assert run(["info", str(tmp_path / "a.h5ad"), "--pixel-size", "600"]) == 0
    assert "pixels, too few for a fit: choose a smaller --pixel-size." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("--count-weight inf", "--count-weight must be a finite number"),
        ("--pixel-size nan", "--pixel-size must be a finite number"),
        ("--pixel-size 0", "--pixel-size must be greater than 0, not 0"),
        ("--bin-size 0", "--bin-size must be at least 1, not 0"),
        ("--genes 2.5", "--genes"),
        ("--count-weight -1", "--count-weight must be at least 0, not -1"),
        ("--seed 123456789012345678901234", "--seed"),
    ],
)
def test_numbers_that_cannot_be(words, says, source, tmp_path, no_training, capsys):
    code = run(["fit", str(source), "--out", str(tmp_path / "r.h5ad"), *words.split()])
    assert_refused(code, capsys, says)
    assert not no_training


def test_answers_go_where_signs_are_few(source, tmp_path):
    command = [sys.executable, "-m", "darlc.cli", "info", str(source)]
    for more in ([], ["--json"]):
        done = subprocess.run(
            [*command, *more],
            capture_output=True,
            env={**os.environ, "PYTHONIOENCODING": "ascii"},
            text=True,
        )
        assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["observations"] == 72


@pytest.mark.parametrize("suffix", [".h5ad", ".zarr"])
def test_what_anndata_reads_but_does_not_write_costs_no_result(
    source, tmp_path, no_training, capsys, suffix
):
    """SeuratDisk leaves a column called _index in the table of raw."""
    with h5py.File(source, "a") as file:
        table = file["raw/var"]
        if "_index" not in table:
            table["_index"] = table[table.attrs["_index"]][:]
            table.attrs["_index"] = "_index"
        table.attrs["column-order"] = np.array(["_index"], dtype=object)
    out = tmp_path / f"r{suffix}"
    assert run(["fit", str(source), "--out", str(out), "--json"]) == 0
    notes = json.loads(capsys.readouterr().out)["notes"]
    said = [note for note in notes if "raw.var['_index'] as 'index'" in note]
    again = load(out)
    assert len(said) == 1 and said[0] in again.notes
    assert list(again.adata.raw.var["index"]) == list(again.adata.raw.var_names)
    assert run(["denoise", str(source), "--out", str(tmp_path / f"d{suffix}"), "--json"]) == 0
    assert said[0] in json.loads(capsys.readouterr().out)["notes"]


def test_a_folder_that_goes_while_training_costs_no_result(
    source, tmp_path, no_training, capsys, monkeypatch
):
    from darlc import api

    (tmp_path / "out").mkdir()
    fit = api.fit

    def and_remove(*args, **more):
        (tmp_path / "out").rmdir()
        return fit(*args, **more)

    monkeypatch.setattr(api, "fit", and_remove)
    monkeypatch.chdir(tmp_path)
    code = run(["fit", str(source), "--out", str(tmp_path / "out" / "r.h5ad")])
    said = capsys.readouterr().err.splitlines()[-1]
    assert code == 2 and "does not exist" in said and "The result is kept in" in said
    assert load(tmp_path / "r_rescued.h5ad").n_genes == 12


@pytest.mark.parametrize("command", ["fit", "denoise", "info"])
def test_sections_are_looked_for_once(command, source, tmp_path, no_training, monkeypatch):
    """For of a large dataset it takes seconds."""
    looked = []

    def look(adata):
        looked.append(adata)
        return stacked(adata)

    for module in ("io.checks.section_choice", "io.prepare", "images.sgep_images"):
        monkeypatch.setattr(f"darlc.{module}.stacked", look)
    more = [] if command == "info" else ["--out", str(tmp_path / "out.h5ad")]
    assert run([command, str(source), *more]) == 0
    assert len(looked) == 1
