"""The commands that ask questions of a result: similar, region, markers, variable."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from darlc.cli.answers import SURE, number, rate, table
from darlc.cli.opened_result import OpenedResult, ask
from darlc.cli.options import Json, Many, ResultFile

if TYPE_CHECKING:
    from darlc.explore.enrichment import Enrichment
    from darlc.explore.region import RegionMarkers

_EFFECTS = ("inside", "outside", "log2_fold_change", "auroc", "p", "fdr")


def add_query_commands(app: typer.Typer) -> None:
    """Add the commands to an app."""

    @app.command(epilog="Example: darlc similar result.h5ad MBP -n 10")
    def similar(
        result_file: ResultFile,
        gene: Annotated[
            str,
            typer.Argument(
                metavar="GENE", help="Name or symbol of any gene, or a gene set's name."
            ),
        ],
        n: Many = 20,
        as_json: Json = False,
    ) -> None:
        """List the genes with the closest embedding, and the correlation of their SGEP images.

        FDR is of the raw values, against genes with unrelated patterns that are as smooth.
        """
        ask(result_file, lambda opened: _similar(opened, gene, n), as_json)

    @app.command(epilog="Example: darlc region result.h5ad tumour.geojson -n 10")
    def region(
        result_file: ResultFile,
        polygons: Annotated[
            Path,
            typer.Argument(
                metavar="REGION", help="GeoJSON of polygons, in the units of obsm['spatial']."
            ),
        ],
        against: Annotated[
            Path | None,
            typer.Option(metavar="REGION", help="GeoJSON of another region, to compare with."),
        ] = None,
        n: Many = 20,
        as_json: Json = False,
    ) -> None:
        """List the genes and clusters enriched in a region, with effect size and FDR."""
        ask(result_file, lambda opened: _region(opened, polygons, against, n), as_json)

    @app.command(epilog="Example: darlc markers result.h5ad layer --value WM -n 5")
    def markers(
        result_file: ResultFile,
        column: Annotated[
            str, typer.Argument(metavar="OBS_COLUMN", help="Column of obs with an annotation.")
        ],
        value: Annotated[
            str | None, typer.Option(metavar="VALUE", help="Only this value of the column.")
        ] = None,
        n: Many = 10,
        as_json: Json = False,
    ) -> None:
        """List the genes and clusters that mark each value of an annotation."""
        ask(result_file, lambda opened: _markers(opened, column, value, n), as_json)

    @app.command(epilog="Example: darlc variable result.h5ad -n 50")
    def variable(result_file: ResultFile, n: Many = 20, as_json: Json = False) -> None:
        """List the genes that vary most by place, with the share of their variance and FDR."""
        ask(result_file, lambda opened: _variable(opened, n), as_json)


def _similar(opened: OpenedResult, typed: str, n: int) -> tuple[dict[str, Any], list[str]]:
    from darlc.explore.pair_tests import PairTests
    from darlc.explore.similar import similar_genes, similar_to_set

    result, images = opened.result, opened.images
    query = opened.query(typed)
    embedding = result.embedding if result.embedding.shape[1] else None
    asked = images, opened.modelled, result.denoised
    if query.is_set:
        found = similar_to_set(*asked, query.genes, n, embedding)
        about: dict[str, Any] = {"set": query.label, "genes": len(query.genes)}
        title = f"Genes like the set {query.label} ({len(query.genes)} genes)"
    else:
        gene = int(query.genes[0])
        found = similar_genes(*asked, gene, n, embedding)
        cluster = opened.cluster(gene)
        about = {"gene": str(images.gene_names[gene]), "label": query.label, "cluster": cluster}
        about |= {"modelled": gene in opened.modelled}
        title = f"Genes like {query.label}"
        title += f" (cluster {cluster})" if found.by == "embedding" else ""
    tests = PairTests(images, opened.modelled).with_genes(query.genes)
    rows: list[dict[str, Any]] = [
        {
            "name": str(images.gene_names[each]),
            "label": str(opened.labels[each]),
            "cluster": opened.cluster(int(each)),
            "embedding": float(found.embedding[i]),
            "denoised": float(found.denoised[i]),
            "pixels": float(found.pixels[i]),
            "p": float(tests.p[found.rows[i]]),
            "fdr": float(tests.fdr[found.rows[i]]),
        }
        for i, each in enumerate(found.genes)
    ]
    facts = {**about, "ranked_by": found.by, "similar": rows}
    if found.by == "embedding":
        title += ", by their embedding:"
    elif query.is_set:
        title += ", by correlation with denoised views:"
    else:
        title += ", which has too few molecules for a cluster, by correlation with denoised views:"
    cells = [
        [
            each["label"],
            each["cluster"],
            *(number(each[key], ".3f") for key in ("embedding", "denoised", "pixels")),
            rate(each["fdr"]),
        ]
        for each in rows
    ]
    head = ["gene", "cluster", "embedding", "denoised", "pixels", "FDR"]
    return facts, [title, *table(head, cells)]


def compared_region(opened: OpenedResult, path: Path, against: Path | None = None) -> RegionMarkers:
    """Compare the region of a GeoJSON file with the rest of the tissue, or with another's."""
    from darlc.explore.region import Regions

    regions = Regions(opened.adata, opened.images, opened.modelled, opened.clusters)
    other = None if against is None else opened.inside(against)
    return regions.compare(opened.inside(path), other)


def _region(
    opened: OpenedResult, path: Path, against: Path | None, n: int
) -> tuple[dict[str, Any], list[str]]:
    found = compared_region(opened, path, against)
    facts = _facts(opened, found, n)
    asked = {"region": str(path), "against": None if against is None else str(against)}
    return asked | facts, _lines(str(path), facts, f"of {against}" if against else "others")


def _markers(
    opened: OpenedResult, column: str, value: str | None, n: int
) -> tuple[dict[str, Any], list[str]]:
    from darlc.explore.markers import markers

    found = markers(opened.adata, opened.images, column, opened.modelled, opened.clusters, value)
    facts = {name: _facts(opened, each, n) for name, each in found.items()}
    lines: list[str] = []
    for name, each in facts.items():
        lines += ([""] if lines else []) + _lines(f"{column} {name}", each)
    return {"column": column, "values": facts}, lines


def _variable(opened: OpenedResult, n: int) -> tuple[dict[str, Any], list[str]]:
    from darlc.explore.variability import spatial_variability

    found = spatial_variability(opened.images, opened.modelled)
    rows: list[dict[str, Any]] = [
        {
            "name": str(opened.images.gene_names[found.genes[i]]),
            "label": str(opened.labels[found.genes[i]]),
            "cluster": opened.cluster(int(found.genes[i])),
            "share": float(found.share[i]),
            "p": float(found.p[i]),
            "fdr": float(found.fdr[i]),
        }
        for i in found.order[:n]
    ]
    variable = int((found.fdr <= SURE).sum())
    facts = {"genes_compared": len(found.genes), "genes_variable": variable, "genes": rows}
    title = f"{variable} of {len(found.genes)} genes vary by place (FDR ≤ {SURE:g}):"
    cells = [
        [each["label"], each["cluster"], number(each["share"], ".3f"), rate(each["fdr"])]
        for each in rows
    ]
    return facts, [title, *table(["gene", "cluster", "share", "FDR"], cells)]


def _facts(opened: OpenedResult, found: RegionMarkers, n: int) -> dict[str, Any]:
    genes, clusters = found.enrichment, found.clusters
    return {
        "observations_inside": found.n_inside,
        "observations_outside": found.n_outside,
        "genes_compared": len(found.genes),
        "genes_enriched": int(genes.enriched(SURE).sum()),
        "genes": [
            {
                "name": str(opened.images.gene_names[found.genes[i]]),
                "label": str(opened.labels[found.genes[i]]),
                "cluster": opened.cluster(int(found.genes[i])),
                **_effect(genes, i),
            }
            for i in genes.order[:n]
        ],
        "clusters": []
        if clusters is None
        else [
            {"name": opened.clusters.names[found.columns[i]], **_effect(clusters, i)}
            for i in clusters.order
        ],
    }


def _effect(enrichment: Enrichment, i: int) -> dict[str, float]:
    return {key: float(getattr(enrichment, key)[i]) for key in _EFFECTS}


def _lines(name: str, facts: dict[str, Any], rest: str = "others") -> list[str]:
    inside, outside = facts["observations_inside"], facts["observations_outside"]
    genes = [[each["label"], each["cluster"], *_words(each)] for each in facts["genes"]]
    clusters = [
        [f"cluster {each['name']}", "", *_words(each)]
        for each in facts["clusters"]
        if each["fdr"] <= SURE and each["auroc"] > 0.5
    ]
    return [
        f"{name}: {facts['genes_enriched']} of {facts['genes_compared']} genes are enriched "
        f"(FDR ≤ {SURE:g}) in {inside} observations against {outside} {rest}.",
        *table(["gene", "cluster", "log2 fold", "AUROC", "FDR"], genes + clusters),
    ]


def _words(effect: dict[str, Any]) -> list[str]:
    return [
        number(effect["log2_fold_change"], "+.2f"),
        number(effect["auroc"], ".3f"),
        rate(effect["fdr"]),
    ]
