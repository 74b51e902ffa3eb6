"""The command that compares two results: compare."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from darlc.cli.answers import number, print_answer, table
from darlc.cli.opened_result import OpenedResult
from darlc.cli.options import Json, Many, ResultFile
from darlc.cli.working import working


def add_compare(app: typer.Typer) -> None:
    """Add the command to an app."""

    @app.command(epilog="Example: darlc compare first.h5ad second.h5ad -n 10")
    def compare(
        result_file: ResultFile,
        other_file: Annotated[
            Path, typer.Argument(metavar="RESULT2", help="Another file that darlc fit wrote.")
        ],
        n: Many = 20,
        as_json: Json = False,
    ) -> None:
        """Match the clusters of two results, and list the genes that moved between clusters."""
        with working(result_file):
            opened = OpenedResult(result_file), OpenedResult(other_file)
            facts, lines = _compare(opened, n)
        notes = list(dict.fromkeys(note for each in opened for note in each.notes))
        print_answer(facts | {"notes": notes}, [*notes, *lines], as_json)


def _compare(opened: tuple[OpenedResult, OpenedResult], n: int) -> tuple[dict[str, Any], list[str]]:
    from darlc.explore.two_results import compare_results

    one, two = opened
    found = compare_results(one.result, two.result)
    sizes = found.overlap.sum(axis=1), found.overlap.sum(axis=0)
    pairs: list[dict[str, Any]] = [
        {
            "first": one.clusters.names[k],
            "second": two.clusters.names[j],
            "genes_first": int(sizes[0][k]),
            "genes_second": int(sizes[1][j]),
            "genes_both": int(found.overlap[k, j]),
            "jaccard": float(found.jaccard[i]),
            "patterns": float(found.likeness[i]),
        }
        for i, (k, j) in enumerate(found.pairs)
    ]
    moved = []
    for row, other in found.rows[found.moved[:n]]:
        gene = int(one.modelled[row])
        moved.append(
            {
                "name": str(one.images.gene_names[gene]),
                "label": str(one.labels[gene]),
                "first": one.clusters.names[one.clusters.cluster[row]],
                "second": two.clusters.names[two.clusters.cluster[other]],
                "confidence_first": float(one.clusters.confidence[row]),
                "confidence_second": float(two.clusters.confidence[other]),
            }
        )
    matched = set(found.pairs[:, 0]), set(found.pairs[:, 1])
    alone = [
        [name for k, name in enumerate(each.clusters.names) if size[k] and k not in held]
        for each, size, held in zip(opened, sizes, matched, strict=True)
    ]
    facts = {
        "genes_in_both": len(found.rows),
        "genes_only_first": one.result.n_genes - len(found.rows),
        "genes_only_second": two.result.n_genes - len(found.rows),
        "adjusted_rand": found.adjusted_rand,
        "genes_moved": len(found.moved),
        "pairs": pairs,
        "only_first": alone[0],
        "only_second": alone[1],
        "moved": moved,
    }
    return facts, _lines(facts)


def _lines(facts: dict[str, Any]) -> list[str]:
    pairs = [
        [
            each["first"],
            each["second"],
            str(each["genes_both"]),
            str(each["genes_first"]),
            str(each["genes_second"]),
            number(each["jaccard"], ".2f"),
            number(each["patterns"], ".2f"),
        ]
        for each in facts["pairs"]
    ]
    moved = [
        [
            each["label"],
            each["first"],
            each["second"],
            f"{each['confidence_first']:.2f}",
            f"{each['confidence_second']:.2f}",
        ]
        for each in facts["moved"]
    ]
    lines = [
        f"{facts['genes_in_both']} genes are in both results: adjusted Rand index "
        f"{facts['adjusted_rand']:.3f}, {facts['genes_moved']} genes moved to a cluster that is "
        "not the match of theirs.",
        *table(["first", "second", "both", "genes", "genes", "Jaccard", "patterns"], pairs),
    ]
    for which in ("first", "second"):
        if alone := facts[f"only_{which}"]:
            lines.append(f"Without a match in the {which} result: {', '.join(alone)}")
    if moved:
        head = ["gene", "first", "second", "confidence", "confidence"]
        lines += ["", *table(head, moved, left=3)]
    return lines
