from __future__ import annotations

import gzip
from dataclasses import replace

import numpy as np
import pytest

import darlc
from darlc.report import page_data as module
from darlc.report.page_data import page_data


def arrays(data):
    block = gzip.decompress(data.block)
    return {
        name: np.frombuffer(
            block, each["type"], int(np.prod(each["shape"])), each["offset"]
        ).reshape(each["shape"])
        for name, each in data.header["arrays"].items()
    }


def test_the_genes_that_drew_the_patterns_come_first(result):
    drawing = np.zeros(12, dtype=bool)
    drawing[[2, 5, 7]] = True
    data = page_data(replace(result, drawing=drawing), "t", "s", most_genes=3, plane="pca")
    assert data.header["names"] == list(result.gene_names[drawing])
    assert arrays(data)["raw"].shape == (3, result.grid.n_pixels)


def test_genes_lie_where_they_are_told_to(result):
    plane = np.arange(2.0 * result.n_genes).reshape(-1, 2)
    data = page_data(result, "t", "s", most_genes=3, plane=plane)
    rows = [list(result.gene_names).index(name) for name in data.header["names"]]
    np.testing.assert_array_equal(arrays(data)["map"], plane[rows])


def test_no_expression_stays_no_expression_and_little_is_seen(result):
    data = page_data(result, "t", "s", plane="pca")
    images = darlc.rasterize(result.adata)
    values = images.expression(images.index(data.header["names"]))
    held = arrays(data)
    raw = held["raw"] * held["rawScale"][:, None]
    np.testing.assert_array_equal(raw > 0, values > 0)
    assert np.abs(raw - values).max() <= values.max() / 255


def test_large_tissue_is_pooled(result, monkeypatch):
    monkeypatch.setattr(module, "MOST_PIXELS", 20)
    data = page_data(result, "t", "s", plane="pca")
    assert arrays(data)["programmes"].shape[0] <= 20


def test_stored_views_of_older_files_are_close(result):
    stored = np.asarray(result.denoised[:], dtype=np.float16)
    held = arrays(page_data(replace(result, denoised=stored), "t", "s", plane="pca"))
    views = (held["coefficients"] * held["coefficientsScale"]) @ (
        held["programmes"] * held["programmesScale"]
    ).T + held["mean"][:, None]
    np.testing.assert_allclose(views, stored, atol=0.02)


@pytest.mark.parametrize("platform", ["visium", "slideseq"])
def test_places_lie_within_the_canvas(platform, make_result):
    images = darlc.rasterize(darlc.simulate(seed=0, genes=14, clusters=3, platform=platform))
    index, place = module.picture(images.grid, np.arange(images.n_pixels, dtype=float))
    found = module.normalised(place.get_matrix(), index.shape)
    assert max(found["width"], found["height"]) == pytest.approx(1.0)
    a, b, c, d, e, f = found["matrix"]
    height, width = index.shape
    x = [e, e + a * width, e + c * height, e + a * width + c * height]
    y = [f, f + b * width, f + d * height, f + b * width + d * height]
    assert min(x) == pytest.approx(0) and max(x) == pytest.approx(found["width"])
    assert min(y) == pytest.approx(0) and max(y) == pytest.approx(found["height"])
