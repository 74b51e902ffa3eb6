"""The command that shows expression by distance from a line or a border: distance."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from darlc.cli.answers import SURE, number, rate, table
from darlc.cli.opened_result import OpenedResult, ask
from darlc.cli.options import Json, Many, ResultFile, names_in

_CURVE = ("raw", "low", "high", "denoised")


def add_distance(app: typer.Typer) -> None:
    """Add the command to an app."""

    @app.command(epilog="Example: darlc distance result.h5ad border.geojson --genes MBP,PLP1")
    def distance(
        result_file: ResultFile,
        border: Annotated[
            Path,
            typer.Argument(
                metavar="BORDER",
                help="GeoJSON of lines, or of a region, inside of which distances are negative.",
            ),
        ],
        genes: Annotated[
            str, typer.Option(metavar="GENE,…", help="Genes whose curves are printed.")
        ] = "",
        bins: Annotated[int, typer.Option(min=2, help="Points of a curve.")] = 20,
        reach: Annotated[
            float | None,
            typer.Option(metavar="UNITS", help="Largest distance; left out, that of 95 % of all."),
        ] = None,
        n: Many = 20,
        as_json: Json = False,
    ) -> None:
        """List the genes that rise or fall with the distance from a line, and show curves."""
        ask(
            result_file,
            lambda opened: _distance(opened, border, genes, bins, reach, n),
            as_json,
        )


def _distance(
    opened: OpenedResult, path: Path, genes: str, bins: int, reach: float | None, n: int
) -> tuple[dict[str, Any], list[str]]:
    import numpy as np

    from darlc.explore.distance import DistanceQuestion, curves, distance_to, strongest_trends
    from darlc.explore.polygons import read_border
    from darlc.explore.similar import find_gene

    names, labels = opened.images.gene_names, opened.labels
    asked = [find_gene(name, names, labels) for name in names_in(genes)]
    away = distance_to(opened.places, *read_border(path))
    question = DistanceQuestion(opened.images, away)
    edges = question.edges(bins, reach)
    trend = question.trend(opened.modelled)
    order = strongest_trends(trend)[:n]
    rows: list[dict[str, Any]] = [
        {
            "name": str(names[opened.modelled[i]]),
            "label": str(labels[opened.modelled[i]]),
            "cluster": opened.cluster(int(opened.modelled[i])),
            "correlation": float(trend.correlation[i]),
            "p": float(trend.p[i]),
            "fdr": float(trend.fdr[i]),
        }
        for i in order
    ]
    shown = curves(
        question, np.array(asked, dtype=np.int64), opened.modelled, opened.result.denoised, edges
    )
    changing = int((trend.fdr <= SURE).sum())
    facts = {
        "border": str(path),
        "genes_compared": len(opened.modelled),
        "genes_changing": changing,
        "genes": rows,
        "edges": edges.tolist(),
        "curves": [
            {"name": str(names[gene]), "label": str(labels[gene]), "pixels": each.pixels.tolist()}
            | {key: getattr(each, key).tolist() for key in _CURVE}
            for gene, each in zip(asked, shown, strict=True)
        ],
    }
    title = (
        f"{changing} of {len(opened.modelled)} genes rise (+) or fall (-) with the distance from "
        f"{path} (FDR ≤ {SURE:g}):"
    )
    cells = [
        [each["label"], each["cluster"], number(each["correlation"], "+.3f"), rate(each["fdr"])]
        for each in rows
    ]
    lines = [title, *table(["gene", "cluster", "correlation", "FDR"], cells)]
    for gene, each in zip(asked, shown, strict=True):
        points = [
            [
                f"{edges[i]:.4g} to {edges[i + 1]:.4g}",
                str(each.pixels[i]),
                *(number(getattr(each, key)[i], ".3f") for key in _CURVE),
            ]
            for i in range(len(edges) - 1)
        ]
        head = ["distance", "pixels", "raw", "95 % from", "to", "denoised"]
        lines += ["", f"{labels[gene]}, normalised units:", *table(head, points, left=1)]
    return facts, lines
