"""Whatever is asked on the command line, Python answers with the same genes and numbers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import darlc
from darlc import explore
from darlc.cli.commands import run
from darlc.io.tables.gmt import read_collections
from darlc.results.gene_sets import GeneSet

STRIPE = [[-50, 250], [750, 250], [750, 550], [-50, 550], [-50, 250]]
THIRD = [[-50, 550], [750, 550], [750, 950], [-50, 950], [-50, 550]]
Rows = list[dict[str, Any]]


@pytest.fixture
def asked(result, tmp_path, monkeypatch) -> SimpleNamespace:
    """Return a saved result as a script opens it; regions and a collection lie beside it."""
    monkeypatch.chdir(tmp_path)
    del result.adata.obs["remark"]
    sets = result.gene_sets.added(GeneSet("mine", ("Gene4", "Gene5"), "typed by hand"))
    replace(result, gene_sets=sets).save("result.h5ad")
    moved = np.roll(result.membership, 1, axis=0)
    replace(result, membership=moved).save("other.h5ad")
    for name, ring in (("stripe", STRIPE), ("third", THIRD)):
        Path(f"{name}.geojson").write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    Path("sets.gmt").write_text(
        "FIRST\tna\tGENE0\tGENE1\tGENE2\tGENE3\tGENE4\nMIXED\tna"
        + "".join(f"\tGENE{i}" for i in (0, 4, 5, 8, 9, 12))
    )
    result = darlc.load("result.h5ad")
    images = darlc.rasterize(result.adata, result.bin_size)
    return SimpleNamespace(
        result=result,
        images=images,
        names=images.gene_names,
        places=np.asarray(result.adata.obsm["spatial"]),
        modelled=images.index(list(result.gene_names)),
    )


def columns(names: Any, order: Any, **values: Any) -> Rows:
    """Return a dict a row, in an order."""
    return [{"name": str(names[i])} | {key: each[i] for key, each in values.items()} for i in order]


def similar(asked: Any, query: list[str], is_set: bool = False) -> dict[str, Rows]:
    genes = asked.images.index(query)
    question = explore.similar.similar_to_set if is_set else explore.similar.similar_genes
    found = question(
        *(asked.images, asked.modelled, asked.result.denoised),
        genes if is_set else int(genes[0]),
        20,
        asked.result.embedding,
    )
    tests = explore.pair_tests.PairTests(asked.images, asked.modelled).with_genes(genes)
    numbers = {key: getattr(found, key) for key in ("embedding", "denoised", "pixels")}
    numbers |= {key: getattr(tests, key)[found.rows] for key in ("p", "fdr")}
    return {
        "similar": columns(asked.names[found.genes], range(len(found.genes)), **numbers),
    }


def inside(asked: Any, name: str) -> np.ndarray:
    polygons = explore.polygons.read_geojson(f"{name}.geojson")
    return explore.polygons.within(asked.places, polygons)


def region(asked: Any, against: str | None = None) -> dict[str, Rows]:
    regions = explore.region.Regions(
        asked.result.adata, asked.images, asked.modelled, asked.result.clusters
    )
    other = None if against is None else inside(asked, against)
    return compared(asked, regions.compare(inside(asked, "stripe"), other), 20)


def compared(asked: Any, found: Any, n: int) -> dict[str, Rows]:
    def rows(names: Any, effect: Any, most: int) -> Rows:
        keys = ("inside", "outside", "log2_fold_change", "auroc", "p", "fdr")
        return columns(names, effect.order[:most], **{key: getattr(effect, key) for key in keys})

    clusters = [asked.result.cluster_names[k] for k in found.columns]
    return {
        "genes": rows(asked.names[found.genes], found.enrichment, n),
        "clusters": rows(clusters, found.clusters, len(clusters)),
    }


def markers(asked: Any) -> dict[str, Rows]:
    found = explore.markers.markers(
        asked.result.adata, asked.images, "region", asked.modelled, asked.result.clusters, "1"
    )
    return {f"values/1/{key}": rows for key, rows in compared(asked, found["1"], 10).items()}


def variable(asked: Any) -> dict[str, Rows]:
    found = explore.variability.spatial_variability(asked.images, asked.modelled)
    numbers = {key: getattr(found, key) for key in ("share", "p", "fdr")}
    return {"genes": columns(asked.names[found.genes], found.order[:20], **numbers)}


def pattern(asked: Any, genes: list[str] | None = None) -> dict[str, Rows]:
    question = explore.pattern.PatternQuestion(asked.images, asked.modelled)
    if genes is None:
        covered = explore.region.covered_pixels(asked.images, inside(asked, "stripe"))
        found = question.drawn(covered)
    else:
        wanted = asked.images.index(genes)
        found = question.of_genes(wanted, asked.modelled, asked.result.denoised)
    numbers = {key: getattr(found, key) for key in ("fit", "gain", "strength", "correlation")}
    numbers |= {key: getattr(found.tests, key) for key in ("p", "fdr")}
    return {"genes": columns(asked.names[found.genes], found.order[:20], **numbers)}


def distance(asked: Any) -> dict[str, Rows]:
    lines = explore.polygons.read_border("stripe.geojson")
    away = explore.distance.distance_to(asked.places, *lines)
    question = explore.distance.DistanceQuestion(asked.images, away)
    trend = question.trend(asked.modelled)
    order = np.lexsort((-np.abs(trend.statistic), trend.p))[:20]
    numbers = {key: getattr(trend, key) for key in ("correlation", "p", "fdr")}
    edges = question.edges(bins=4)
    row = list(asked.result.gene_names).index("Gene5")
    curve = question.curve(int(asked.modelled[row]), edges, asked.result.denoised[row])
    points = {key: getattr(curve, key).tolist() for key in ("raw", "low", "high", "denoised")}
    return {
        "genes": columns(asked.names[asked.modelled], order, **numbers),
        "curves": [{"name": "Gene5"} | points],
    }


def compare(asked: Any) -> dict[str, Rows]:
    one, two = asked.result, darlc.load("other.h5ad")
    found = explore.two_results.compare_results(one, two)
    assert len(found.moved)
    moved = [
        {
            "name": str(one.gene_names[row]),
            "first": one.cluster_names[one.cluster[row]],
            "second": two.cluster_names[two.cluster[other]],
            "confidence_first": one.confidence[row],
            "confidence_second": two.confidence[other],
        }
        for row, other in found.rows[found.moved[:20]]
    ]
    pairs = [
        {
            "first": one.cluster_names[k],
            "second": two.cluster_names[j],
            "genes_both": found.overlap[k, j],
            "jaccard": found.jaccard[i],
            "patterns": found.likeness[i],
        }
        for i, (k, j) in enumerate(found.pairs)
    ]
    return {"moved": moved, "pairs": pairs}


def enrich(asked: Any, group: str | None = None) -> dict[str, Rows]:
    collection = read_collections(["sets.gmt"])
    question = explore.gene_set_enrichment
    if group is None:
        found = question.cluster_enrichment(asked.result, collection)
    else:
        found = question.set_enrichment(asked.result, asked.result.gene_sets[group], collection)
    rows = found.table().query("overlap > 0").head(20).to_dict("records")
    keys = ("group", "set", "overlap", "fold", "p", "fdr")
    return {
        "hits": [
            {key: row[key] for key in keys} | {"genes": row["genes"].split(",")} for row in rows
        ]
    }


def sets(asked: Any, how: str) -> dict[str, Rows]:
    if how == "cluster":
        made = explore.chosen_genes.cluster_genes(
            "new", asked.result.gene_names, asked.result.clusters, "2"
        )
    else:
        regions = explore.region.Regions(asked.result.adata, asked.images)
        found = regions.compare(inside(asked, "stripe"))
        made = explore.chosen_genes.region_genes("new", asked.names, found, "stripe.geojson")
    held = asked.result.gene_sets.added(made)
    return {
        "sets": [
            {"name": each.name, "genes": list(each.genes), "record": each.record} for each in held
        ]
    }


@pytest.mark.parametrize(
    ("command", "question"),
    [
        ("similar result.h5ad Gene5", lambda asked: similar(asked, ["Gene5"])),
        ("similar result.h5ad mine", lambda asked: similar(asked, ["Gene4", "Gene5"], True)),
        ("region result.h5ad stripe.geojson", region),
        (
            "region result.h5ad stripe.geojson --against third.geojson",
            lambda asked: region(asked, "third"),
        ),
        ("markers result.h5ad region --value 1", markers),
        ("variable result.h5ad", variable),
        ("pattern result.h5ad stripe.geojson", pattern),
        ("pattern result.h5ad mine", lambda asked: pattern(asked, ["Gene4", "Gene5"])),
        ("distance result.h5ad stripe.geojson --genes Gene5 --bins 4", distance),
        ("compare result.h5ad other.h5ad", compare),
        ("enrich result.h5ad sets.gmt", enrich),
        ("enrich result.h5ad sets.gmt --set mine", lambda asked: enrich(asked, "mine")),
        ("sets result.h5ad add new --cluster 2", lambda asked: sets(asked, "cluster")),
        ("sets result.h5ad add new --region stripe.geojson", lambda asked: sets(asked, "region")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_same_answer(
    command: str,
    question: Callable[[Any], dict[str, Rows]],
    asked: SimpleNamespace,
    capsys: pytest.CaptureFixture[str],
) -> None:
    expected = question(asked)
    assert run([*command.split(), "--json"]) == 0, capsys.readouterr().err
    facts = json.loads(capsys.readouterr().out)
    for place, rows in expected.items():
        answered = facts
        for key in place.split("/"):
            answered = answered[key]
        assert rows and len(answered) == len(rows)
        for row, theirs in zip(rows, answered, strict=True):
            for key, value in row.items():
                if isinstance(value, str) or key == "genes":
                    assert theirs[key] == value
                else:
                    numbers = np.array(theirs[key], dtype=float)  # null is NaN
                    np.testing.assert_array_equal(numbers, np.asarray(value, dtype=float))
