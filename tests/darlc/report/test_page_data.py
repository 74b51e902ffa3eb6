from __future__ import annotations

import gzip
from dataclasses import replace

import numpy as np

import darlc
from darlc.io.study.folder import section_files
from darlc.report import page_data as module
from darlc.report.page_data import page_data
from darlc.report.section_data import ABSENT, DENOISED


def arrays(data, section=0):
    """Return the arrays of a page and of one of its sections."""
    block = gzip.decompress(data.block)
    where = data.header["arrays"] | data.header["sections"][section]["arrays"]
    return {
        name: np.frombuffer(
            block, each["type"], int(np.prod(each["shape"])), each["offset"]
        ).reshape(each["shape"])
        for name, each in where.items()
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


def test_a_study_has_the_views_of_every_section(study):
    data = page_data(study, "t", "folder", plane="pca")
    assert [each["name"] for each in data.header["sections"]] == list(study.section_names)
    names = data.header["names"]
    for section, result in enumerate(study.sections):
        held, row = arrays(data, section), {str(n): i for i, n in enumerate(result.gene_names)}
        assert held["state"].tolist() == [DENOISED if name in row else ABSENT for name in names]
        images = darlc.rasterize(result.adata)
        here = [i for i, name in enumerate(names) if name in row]
        raw = held["raw"][here] * held["rawScale"][here][:, None]
        expected = images.expression(images.index([names[i] for i in here]))
        np.testing.assert_allclose(raw, expected, atol=expected.max() / 255)
        followed = held["followed"][section]
        assert {names[i] for i in np.flatnonzero(followed >= 0)} <= {"Gene9"}
    (change,) = data.header["changes"]["rows"]
    assert names[change["gene"]] == "Gene9" and change["section"] == 1
    assert "1 gene of 12 follows another cluster" in data.header["changes"]["about"]
    files = [f"folder/{name}" for name in section_files(study.section_names)]
    assert data.header["command"].startswith(f"darlc fit {' '.join(files)} --out again --preset")


def test_sections_share_the_pixels_of_a_page(study, monkeypatch):
    monkeypatch.setattr(module, "MOST_PIXELS", 40)
    data = page_data(study, "t", "s", plane="pca")
    pixels = [arrays(data, i)["programmes"].shape[0] for i in range(study.n_sections)]
    assert sum(pixels) <= 40 and min(pixels) > 1


def test_genes_are_as_alike_as_in_the_sections(study):
    held = arrays(page_data(study, "t", "s", plane="pca"))["embedding"].astype(float) / 32767
    assert held.shape[0] == 12
    np.testing.assert_allclose(np.linalg.norm(held, axis=1), 1, atol=1e-3)
