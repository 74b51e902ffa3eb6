"""The window, the command line and Python answer the same question with the same numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import napari
import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Shapes
from numpy.typing import NDArray
from PIL import Image
from pytestqt.qtbot import QtBot
from typer.testing import CliRunner

import darlc
from darlc.cli.commands import app
from darlc.data.dataset import Dataset
from darlc.explore.distance import DistanceQuestion, distance_to
from darlc.explore.markers import markers
from darlc.explore.pair_tests import PairTests
from darlc.explore.pattern import PatternFit, PatternQuestion
from darlc.explore.polygons import within
from darlc.explore.region import RegionMarkers, Regions
from darlc.explore.similar import similar_genes
from darlc.images.sgep_images import SGEPImages
from darlc.results.gene_sets import GeneSet, GeneSets
from darlc.results.result import Result
from napari_darlc.canvas.placing import affine
from napari_darlc.session.session import Session
from napari_darlc.widgets.region.distance_curves import DistancePanel
from napari_darlc.widgets.region.pattern_genes import PatternGenesPanel
from napari_darlc.widgets.region.region_genes import RegionGenesPanel
from napari_darlc.widgets.similar.similar_genes import SimilarGenesPanel

#: Numbers by gene, and by name.
Numbers = dict[str, dict[str, float]]


@dataclass(frozen=True, eq=False)
class Everything:
    """One tissue with its result: in the window, in a file, and in Python.

    Parameters
    ----------
    session, canvas
        Of the window.
    file
        The result.
    result, images
        As Python reads them from the file.
    qtbot
        Waits for the window.
    folder
        For what the command line reads.
    """

    session: Session
    canvas: ViewerModel
    file: Path
    result: Result
    images: SGEPImages
    qtbot: QtBot
    folder: Path

    @property
    def modelled(self) -> NDArray[np.int64]:
        return self.images.index([str(name) for name in self.result.gene_names])

    @property
    def places(self) -> NDArray[np.float64]:
        assert self.result.adata is not None
        return np.asarray(self.result.adata.obsm["spatial"], dtype=np.float64)

    def said(self, command: str, *words: str) -> dict[str, Any]:
        """Return what the command line says."""
        done = CliRunner().invoke(app, [command, str(self.file), *words, "-n", "99", "--json"])
        assert done.exit_code == 0, done.output
        return cast(dict[str, Any], json.loads(done.output))

    def shapes(self, name: str, corners: NDArray[np.floating], closed: bool) -> Shapes:
        """Draw on the canvas what is in units of the file, x and y."""
        microns = self.images.grid.microns
        scale = microns if np.isfinite(microns) else 1.0
        layer = self.canvas.add_shapes(ndim=2, name=name)
        (layer.add_polygons if closed else layer.add_paths)([corners[:, ::-1] * scale])
        return layer

    def geojson(self, name: str, corners: NDArray[np.floating], closed: bool) -> str:
        """Write the same for the command line."""
        ring = [*corners.tolist(), corners[0].tolist()]
        geometry = (
            {"type": "Polygon", "coordinates": [ring]}
            if closed
            else {"type": "LineString", "coordinates": corners.tolist()}
        )
        path = self.folder / f"{name}.geojson"
        path.write_text(json.dumps(geometry))
        return str(path)

    def rows(self, count: int, first: int) -> NDArray[np.float64]:
        """Return a box round some rows of spots, beginning with one, counted from the top."""
        y = np.unique(self.places[:, 1])
        chosen = self.places[np.isin(self.places[:, 1], y[first : first + count])]
        (left, top), (right, bottom) = chosen.min(axis=0) - 5, chosen.max(axis=0) + 5
        return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


@pytest.fixture
def everything(
    dataset: Dataset, images: SGEPImages, result: Result, tmp_path: Path, qtbot: QtBot
) -> Everything:
    """Return the small tissue, with its stripes annotated."""
    stripe = np.digitize(dataset.adata.obs["array_row"], [4, 8])
    dataset.adata.obs["stripe"] = np.array(["upper", "middle", "lower"])[stripe]
    session, sets = Session(), GeneSets((GeneSet("pair", ("Gene0", "Gene3")),))
    session.open(dataset, images, result)
    session.change_sets("add", sets)
    assert session.result is not None
    file = session.result.save(tmp_path / "result.h5ad")
    read = darlc.load(file)
    assert read.adata is not None
    again = darlc.rasterize(read.adata, read.bin_size)
    return Everything(session, ViewerModel(), file, read, again, qtbot, tmp_path)


def by_label(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> Numbers:
    return {each["label"]: {name: each[name] for name in names} for each in rows}


def columns(labels: Sequence[str], numbers: dict[str, NDArray[np.floating]]) -> Numbers:
    return {
        str(label): {name: float(each[i]) for name, each in numbers.items()}
        for i, label in enumerate(labels)
    }


def show(everything: Everything, panel: Any) -> None:
    everything.qtbot.addWidget(panel)
    panel.show()


def agree(*answers: Numbers) -> None:
    first, *others = answers
    assert len(first) >= 8
    for other in others:
        assert set(other) == set(first)
        for gene, numbers in first.items():
            for name, number in numbers.items():
                theirs = np.nan if other[gene][name] is None else other[gene][name]
                # Views are kept as half-precision numbers in the file.
                np.testing.assert_allclose(theirs, number, rtol=2e-3, atol=2e-4, err_msg=name)


SIMILAR = ("embedding", "denoised", "pixels", "p", "fdr")


def test_genes_like_one(everything: Everything) -> None:
    session, images, modelled = everything.session, everything.images, everything.modelled
    panel = SimilarGenesPanel(cast(napari.Viewer, None), session)
    show(everything, panel)
    session.gene = 4
    everything.qtbot.waitUntil(
        lambda: panel.title.text().endswith("<b>Gene4</b>") and panel.table.text(0, 6) != "–"
    )
    table = panel.table.table()
    labels = session.gene_labels[panel.table.genes]
    shown = {
        name: table[title].to_numpy()
        for name, title in zip(SIMILAR, ("Embed.", "Denoised", "Pixels", "p", "FDR"), strict=True)
    }
    result = everything.result
    found = similar_genes(images, modelled, result.denoised, 4, 99, result.embedding)
    tests = PairTests(images, modelled).with_genes(np.array([4]))
    python = {
        "embedding": found.embedding,
        "denoised": found.denoised,
        "pixels": found.pixels,
        "p": tests.p[found.rows],
        "fdr": tests.fdr[found.rows],
    }
    agree(
        columns(labels, shown),
        by_label(everything.said("similar", "Gene4")["similar"], SIMILAR),
        columns(images.gene_names[found.genes], python),
    )


REGION = ("log2_fold_change", "auroc", "p", "fdr")


def of_region(found: RegionMarkers, names: NDArray[np.str_]) -> Numbers:
    effect = found.enrichment
    return columns(names[found.genes], {name: getattr(effect, name) for name in REGION})


def answered(everything: Everything, choose: Callable[[RegionGenesPanel], None]) -> RegionMarkers:
    """Return what the Region tab answers."""
    panel = RegionGenesPanel(cast(napari.Viewer, everything.canvas), everything.session)
    show(everything, panel)
    everything.qtbot.waitUntil(lambda: panel.choice.source.count() > 0)
    choose(panel)
    panel.choice.ask.click()
    everything.qtbot.waitUntil(lambda: panel.answer is not None)
    assert panel.answer is not None
    return panel.answer.found


@pytest.mark.parametrize("against", [False, True])
def test_genes_of_a_drawn_region(everything: Everything, against: bool) -> None:
    boxes = {"one": everything.rows(4, 0), "two": everything.rows(4, 7)}
    layers = {name: everything.shapes(name, box, True) for name, box in boxes.items()}
    files = {name: everything.geojson(name, box, True) for name, box in boxes.items()}

    def choose(panel: RegionGenesPanel) -> None:
        panel.choice.choose_layer(layers["one"])
        if against:
            panel.choice.other.choose_layer(layers["two"])

    names, adata = everything.images.gene_names, everything.result.adata
    assert adata is not None
    inside, other = (within(everything.places, [[box]]) for box in boxes.values())
    found = Regions(adata, everything.images).compare(inside, other if against else None)
    said = everything.said(
        "region", files["one"], *(["--against", files["two"]] if against else [])
    )
    window = answered(everything, choose)
    agree(of_region(window, names), by_label(said["genes"], REGION), of_region(found, names))
    assert window.n_outside == said["observations_outside"] == found.n_outside


def test_genes_of_an_annotated_region(everything: Everything) -> None:
    adata, names = everything.result.adata, everything.images.gene_names
    assert adata is not None
    found = markers(adata, everything.images, "stripe", value="middle")["middle"]
    said = everything.said("markers", "stripe", "--value", "middle")["values"]["middle"]
    window = answered(everything, lambda panel: panel.choice.choose("stripe", "middle"))
    agree(of_region(window, names), by_label(said["genes"], REGION), of_region(found, names))


PATTERN = ("fit", "gain", "strength", "correlation", "p", "fdr")


def of_pattern(found: PatternFit, names: NDArray[np.str_]) -> Numbers:
    own = {name: getattr(found, name) for name in PATTERN[:4]}
    tests = {"p": found.tests.p, "fdr": found.tests.fdr}
    return columns(names[found.genes], own | tests)


@pytest.mark.parametrize("painted", [True, False])
def test_genes_of_a_pattern(everything: Everything, painted: bool) -> None:
    images, result, session = everything.images, everything.result, everything.session
    panel = PatternGenesPanel(cast(napari.Viewer, everything.canvas), session)
    show(everything, panel)
    question = PatternQuestion(images, everything.modelled)
    if painted:
        picture = np.zeros(images.grid.shape, dtype=np.uint8)
        picture[:5] = 1
        layer = everything.canvas.add_labels(
            picture, name="painted", affine=affine(images.grid)[1:, 1:]
        )
        panel.choice.choose_layer(layer)
        path = everything.folder / "painted.png"
        Image.fromarray(picture).save(path)
        said = everything.said("pattern", str(path))
        found = question.drawn(picture[images.grid.mask].astype(float))
    else:
        panel.choice.choose("set", "pair")
        said = everything.said("pattern", "pair")
        found = question.of_genes(np.array([0, 3]), everything.modelled, result.denoised)
    panel.choice.ask.click()
    everything.qtbot.waitUntil(lambda: panel.answer is not None)
    assert panel.answer is not None
    agree(
        of_pattern(panel.answer.found, images.gene_names),
        by_label(said["genes"], PATTERN),
        of_pattern(found, images.gene_names),
    )


def test_expression_by_distance(everything: Everything) -> None:
    images, result, session = everything.images, everything.result, everything.session
    top = everything.places.min(axis=0) - 8
    line = np.array([top, [everything.places[:, 0].max() + 8, top[1]]])
    everything.shapes("line", line, False)
    panel = DistancePanel(cast(napari.Viewer, everything.canvas), session)
    show(everything, panel)
    session.gene = 5
    # No row of spots lies on the edge of a bin.
    panel.bins.setValue(7)
    panel.show_curves.click()
    everything.qtbot.waitUntil(lambda: panel.curve is not None)
    assert panel.answer is not None and panel.curve is not None
    file = everything.geojson("line", line, False)
    said = everything.said("distance", file, "--genes", "Gene5", "--bins", "7")
    question = DistanceQuestion(images, distance_to(everything.places, [line]))
    modelled = everything.modelled
    trend = question.trend(modelled)
    curve = question.curve(5, question.edges(7), result.denoised[5])
    names = ("correlation", "p", "fdr")
    agree(
        columns(
            images.gene_names[panel.answer.genes],
            {name: getattr(panel.answer.trend, name) for name in names},
        ),
        by_label(said["genes"], names),
        columns(images.gene_names[modelled], {name: getattr(trend, name) for name in names}),
    )
    # Corners of shapes are 32-bit numbers in napari.
    np.testing.assert_allclose(said["edges"], panel.curve.edges, rtol=1e-5)
    for name in ("raw", "low", "high", "denoised"):
        window = getattr(panel.curve, name)
        theirs = np.array(said["curves"][0][name], dtype=float)
        for other in (theirs, getattr(curve, name)):
            np.testing.assert_allclose(other, window, rtol=2e-3, atol=1e-3)
