"""Result files as the versions before wrote them: whoever kept one can go on working with it."""

from __future__ import annotations

import dataclasses
import gzip
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

import darlc
from darlc.data.keys import RESULT, SCHEMA_VERSION
from darlc.errors import InputError
from darlc.io import open_dataset
from darlc.io.result_file import load
from darlc.results.data_match import data_match

GOLDEN = Path(__file__).parents[1] / "golden"
NAMES = [
    "schema_1.h5ad",
    "schema_2.h5ad",
    "schema_3.h5ad",
    "schema_3.zarr",
    "schema_4.h5ad",
    "schema_5.h5ad",
    "schema_6.h5ad",
]


@pytest.fixture(params=NAMES)
def file(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a file of before, unpacked."""
    path = tmp_path / request.param
    if path.suffix == ".zarr":
        with zipfile.ZipFile(GOLDEN / f"{path.name}.zip") as packed:
            packed.extractall(path)
    else:
        path.write_bytes(gzip.decompress((GOLDEN / f"{path.name}.gz").read_bytes()))
    return path


@pytest.fixture
def expected(file: Path) -> dict:
    """Return what the version that wrote the file recorded of it."""
    return json.loads((GOLDEN / f"{file.stem}.json").read_text())


def test_there_is_a_file_of_every_version() -> None:
    """Who raises the version makes a file with the last code of the version before."""
    versions = {int(path.name.split("_")[1].split(".")[0]) for path in GOLDEN.glob("schema_*.json")}
    assert versions == set(range(1, SCHEMA_VERSION + 1))
    packed = {path.name.removesuffix(path.suffix) for path in GOLDEN.glob("schema_*.[gz]*")}
    assert packed == set(NAMES)
    assert sum(path.stat().st_size for path in GOLDEN.iterdir()) < 1_200_000


def test_it_holds_what_was_recorded(file: Path, expected: dict) -> None:
    result = load(file)
    schema = int(file.stem.split("_")[1])
    assert result.adata is not None and result.adata.uns[RESULT]["schema_version"] == schema
    # Genes that were added to the model have a row like the others today, after those.
    n = len(expected["genes"])
    assert list(result.gene_names) == expected["genes"] + expected["added"]
    assert list(result.cluster_names) == expected["cluster_names"]
    assert list(result.cluster_colours) == expected["cluster_colours"]
    np.testing.assert_allclose(result.membership[:n], expected["membership"], atol=6e-5)
    np.testing.assert_allclose(result.membership.sum(axis=1), 1.0, atol=1e-5)
    norms = np.linalg.norm(result.embedding.astype(float), axis=1)
    np.testing.assert_allclose(norms[:n], expected["embedding_norm"], atol=1e-3)
    views = result.denoised[:].astype(float)
    assert np.isfinite(views).all() and np.isfinite(norms).all()
    np.testing.assert_allclose(views[:n].mean(axis=1), expected["denoised_mean"], atol=1e-3)
    assert views[:n].argmax(axis=1).tolist() == expected["denoised_highest"]
    assert result.drawing.tolist() == expected.get(
        "drawing", [True] * n + [False] * len(expected["added"])
    )
    assert result.pooling == expected.get("pooling", 1)
    assert list(result.grid.mask.shape) == expected["grid"]
    assert ([] if result.edited is None else list(result.edited.names)) == expected["edited_names"]
    if result.edited is not None:
        assert result.edited.cluster[:n].tolist() == expected["edited_cluster"]
    assert list(result.pinned) == expected["pinned"]
    second = result.second_patterns
    assert (None if second is None else second.cluster.tolist()) == expected.get("second_cluster")
    if second is not None:
        np.testing.assert_allclose(second.share, expected["second_share"], atol=1e-3)
        np.testing.assert_allclose(second.probability, expected["second_probability"], atol=1e-3)
    assert result.config.seed == expected["config"]["seed"]
    assert not any("refused" in note for note in result.notes), result.notes


def test_its_data_are_still_those_that_were_fitted(file: Path) -> None:
    """Else every question would be answered with a warning that the expression has changed."""
    result, images = load(file), darlc.rasterize(open_dataset(file).adata)
    assert data_match(result, images, file.name).notes == ()
    assert np.isfinite(result.consensus()).all()


def test_it_is_saved_again_as_files_are_today(
    file: Path, expected: dict, assert_same_result, tmp_path: Path
) -> None:
    old = load(file)
    new = load(old.save(tmp_path / f"new{file.suffix}", denoised_layer=True))
    assert new.adata is not None
    assert new.adata.uns[RESULT]["schema_version"] == SCHEMA_VERSION
    assert_same_result(old, new)
    answered = new.adata[:, new.gene_names]
    placed = old.observation_pixel >= 0
    np.testing.assert_allclose(
        np.asarray(answered.layers["darlc_denoised"])[placed],
        old.denoised[:][:, old.observation_pixel[placed]].T,
    )


def test_its_network_embeds_more_genes(file: Path) -> None:
    result, images = load(file), darlc.rasterize(open_dataset(file).adata)
    more = images.select(np.flatnonzero(~np.isin(images.gene_names, result.gene_names))[:1])
    if not more.n_genes:  # all have enough molecules
        more = dataclasses.replace(images.select(np.array([3])), gene_names=np.array(["another"]))
    assert np.isfinite(result.embed(more)).all()
    assert result.embed(more).shape == (1, result.embedding.shape[1])
    # By the weights, a copy under another name looks like the gene.
    strongest = int(result.denoised[:].std(axis=1).argmax())
    own = images.select(images.index([str(result.gene_names[strongest])]))
    copy = dataclasses.replace(own, gene_names=np.array(["a copy"]))
    if "schema_1" in file.name or "schema_2" in file.name:  # when weights could not yet do so
        with pytest.raises(InputError, match="fit again to denoise them"):
            result.denoise(copy)
        return
    seen, known = result.denoise(copy)[0], result.denoised[strongest]
    assert np.corrcoef(seen, known)[0, 1] > 0.95
    np.testing.assert_allclose(seen.mean(), known.mean(), rtol=0.05)
