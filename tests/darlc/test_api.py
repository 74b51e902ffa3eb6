"""The public face, and fit and denoise with a stand-in for training."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import docstring_parser
import numpy as np
import pytest
from anndata.tests.helpers import assert_equal

import darlc
from darlc.errors import InputError
from darlc.events import Finished, Progress


def test_importing_is_cheap():
    code = (
        "import sys, darlc; dir(darlc); darlc.__version__; darlc.Config; "
        "heavy = {'torch', 'scanpy', 'anndata', 'numpy', 'sklearn', 'pandas'} & set(sys.modules); "
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_public_name_is_there():
    for name in darlc.__all__:
        assert getattr(darlc, name) is not None
        assert name in dir(darlc)
    with pytest.raises(AttributeError, match="nothing"):
        darlc.nothing  # noqa: B018


def test_type_checkers_and_python_know_the_same_names():
    tree = ast.parse(Path(darlc.__file__).read_text(encoding="utf-8"))
    homes = {
        name.asname: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
        if name.asname
    }
    assert {*homes, "__version__"} == set(darlc.__all__)
    for name, module in homes.items():
        value = getattr(darlc, name)
        if not inspect.ismodule(value):
            assert value is getattr(import_module(module), name)


@pytest.mark.parametrize("name", sorted(set(darlc.__all__) - {"__version__"}))
def test_every_public_name_is_documented_and_typed(name):
    value = getattr(darlc, name)
    text = inspect.getdoc(value)
    assert text
    if inspect.ismodule(value) or (inspect.isclass(value) and issubclass(value, Exception)):
        return
    doc = docstring_parser.parse(text)
    taken = inspect.signature(value).parameters
    told = {part.strip() for each in doc.params for part in each.arg_name.split(",")}
    assert set(taken) <= told, f"say what {set(taken) - told} are"
    assert inspect.Parameter.empty not in {each.annotation for each in taken.values()}
    if inspect.isfunction(value):
        assert doc.returns or doc.many_returns, "say what comes back"
        assert doc.raises, "say what may go wrong"
        assert doc.examples, "show how it is used"


def test_every_question_is_reached_from_the_package():
    for name in darlc.explore.__all__:
        assert inspect.ismodule(getattr(darlc.explore, name)) and name in dir(darlc.explore)
    with pytest.raises(AttributeError, match="nothing"):
        darlc.explore.nothing  # noqa: B018


def test_simulate_is_the_function_whatever_was_imported_before():
    code = (
        "import darlc.simulation.tissue, darlc; from darlc.simulation.tissue import simulate; "
        "assert darlc.simulate is simulate, darlc.simulate"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_fit(tissue, no_training):
    before = tissue.copy()
    events = []
    config = darlc.Config.from_preset("quick", clusters=3)
    result = darlc.fit(tissue, config, events.append)
    assert_equal(tissue, before)
    assert result.adata is tissue
    assert no_training[0][1] == config
    assert events.count(Progress("rasterize", 1, 1)) == 1
    assert isinstance(events[-1], Finished) and events[-1].result is result
    assert result.notes[0].startswith("X holds whole numbers")
    assert "2 genes left out: for a reason." in result.notes
    assert len(set(result.notes)) == len(result.notes)
    assert list(result.timings) == ["rasterize", "denoise", "joint"]
    assert result.timings["rasterize"] > 0.5, "drawing the images counts too"


def test_a_fitted_result_is_saved_and_loaded(tissue, no_training, tmp_path, assert_same_result):
    result = darlc.fit(tissue)
    assert_same_result(result, darlc.load(result.save(tmp_path / "r.h5ad")))


def test_fit_mends_repeated_names_in_a_copy(tissue, no_training):
    tissue.var_names = ["Gene0", *tissue.var_names[:-1]]
    with pytest.warns(UserWarning, match="not unique"):
        before = tissue.copy()
    result = darlc.fit(tissue)
    assert list(tissue.var_names) == list(before.var_names)
    assert result.adata is not tissue and result.adata.X is tissue.X
    assert "Gene0-1" in result.adata.var_names
    assert any("repeated and made unique" in note for note in result.notes)


def test_fit_refuses_bad_data_before_training(tissue, no_training):
    del tissue.layers["counts"]
    bad = tissue.copy()
    bad.raw = None
    bad.X.data[0] = np.nan
    with pytest.raises(InputError, match=r"^adata holds 1 value .* not finite"):
        darlc.fit(bad)
    with pytest.raises(InputError, match="15 clusters were asked for, but at most 14 genes"):
        darlc.fit(tissue, darlc.Config(clusters=15))
    with pytest.raises(InputError, match="6 clusters were asked for, but at most 5 genes"):
        darlc.fit(tissue, darlc.Config(clusters=6, genes=5))
    assert not no_training


def test_denoise(tissue, no_training):
    tissue.obsm["spatial"][5] = np.nan
    before = tissue.copy()
    steps = []
    denoised = darlc.denoise(tissue, on_progress=lambda step, total: steps.append((step, total)))
    assert_equal(tissue, before)
    assert steps == [(1, 1)]
    layer = denoised.layers.pop("darlc_denoised")
    assert_equal(denoised, before)
    assert type(layer) is np.ndarray and layer.dtype == np.float32
    assert np.isnan(layer[5]).all()
    images = no_training[0][0]
    placed = np.arange(tissue.n_obs) != 5
    pixel = images.observation_pixel[placed]
    np.testing.assert_array_equal(layer[placed], images.expression()[:, pixel].T + 1)


def test_denoising_a_few_genes_at_a_time_is_the_same(tissue, no_training, monkeypatch):
    whole = darlc.denoise(tissue).layers["darlc_denoised"]
    monkeypatch.setattr("darlc.io.blocks.ACROSS", 3)
    monkeypatch.setattr("darlc.io.blocks.GENES", 3)
    np.testing.assert_array_equal(darlc.denoise(tissue).layers["darlc_denoised"], whole)


def test_views_and_several_observations_in_a_pixel(tissue, no_training):
    view = tissue[::2]
    # Without its lattice, a column of batches on one ground would be taken for that of sections.
    del view.obs["array_row"], view.obs["batch"]
    config = replace(darlc.Config(), bin_size=250.0)
    layer = darlc.denoise(view, config).layers["darlc_denoised"]
    pixel = no_training[0][0].observation_pixel
    assert len(np.unique(pixel)) < len(pixel)
    for value in np.unique(pixel):
        assert len(np.unique(layer[pixel == value], axis=0)) == 1


def test_counts_in_raw_and_coordinates_elsewhere_are_found_as_in_a_file(tissue, no_training):
    tissue.obsm["X_spatial"] = tissue.obsm.pop("spatial")
    tissue.X = np.log1p(tissue.X)
    del tissue.layers["counts"]
    before = tissue.copy()
    result = darlc.fit(tissue)
    assert no_training[0][0].values == "counts"
    assert "X holds no counts, so those of .raw are used." in result.notes
    assert_equal(tissue, before)
    assert result.adata is tissue


def test_a_fit_can_be_asked_to_stop(tissue, no_training, make_result):
    def train(images, config, stop, **kept):
        yield Finished(replace(make_result(images, config), stopped=stop(), stage="denoise"))

    sys.modules["darlc.learn.train.run"].train = train
    assert darlc.fit(tissue, stop=lambda: True).stopped
