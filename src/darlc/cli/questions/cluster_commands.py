"""The command about clusters: clusters lists them with typical genes, and gives them names.

It also lists genes that are sums of two clusters' patterns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from darlc.cli.answers import number, print_answer, table
from darlc.cli.opened_result import OpenedResult, ask, change_result
from darlc.cli.options import Copy, Json, Many, ResultFile
from darlc.cli.working import working
from darlc.errors import InputError
from darlc.wording import counted

if TYPE_CHECKING:
    from darlc.results.clusters import Clusters
    from darlc.results.result import Result

_TYPICAL = 6


def add_clusters(app: typer.Typer) -> None:
    """Add the command ``clusters`` with its own commands to an app."""
    clusters_app = typer.Typer(
        help="List the clusters of a result with typical genes, or name one.",
        epilog="Example: darlc clusters result.h5ad rename 1 myelin",
        invoke_without_command=True,
        subcommand_metavar="[COMMAND] [ARGS]...",
    )

    @clusters_app.callback()
    def clusters(context: typer.Context, result_file: ResultFile) -> None:
        """List the clusters of a result with typical genes, or name one."""
        context.obj = result_file
        if context.invoked_subcommand is None:
            show(context)

    @clusters_app.command("list", epilog="Example: darlc clusters result.h5ad list --json")
    def show(context: typer.Context, as_json: Json = False) -> None:
        """List the clusters: genes, mean confidence, and the most typical genes."""
        with working(context.obj):
            opened = OpenedResult(context.obj)
            found = _described(opened)
        rows = [
            [
                each["cluster"],
                str(each["genes"]),
                number(each["confidence"], ".2f"),
                ", ".join(each["typical"]),
            ]
            for each in found
        ]
        head = table(["cluster", "genes", "confidence"], [row[:3] for row in rows], left=1)
        typical = ["typical genes", *(row[3] for row in rows)]
        lines = [f"{line}  {genes}" for line, genes in zip(head, typical, strict=True)]
        none = ["The result holds no clusters: fit again and let it run longer."]
        facts = {"clusters": found, "notes": list(opened.notes)}
        print_answer(facts, [*opened.notes, *(lines if rows else none)], as_json)

    @clusters_app.command(epilog="Example: darlc clusters result.h5ad sums -n 10")
    def sums(context: typer.Context, n: Many = 20, as_json: Json = False) -> None:
        """List genes that are sums of two clusters' patterns, the most probable first."""

        def question(opened: OpenedResult) -> tuple[dict[str, Any], list[str]]:
            found = _sums(opened)
            head = ["gene", "cluster", "also", "share of also", "probability"]
            rows = [
                [
                    each["label"],
                    each["cluster"],
                    each["also"],
                    number(each["share"], ".2f"),
                    number(each["probability"], ".2f"),
                ]
                for each in found[:n]
            ]
            said = f"{counted(len(found), 'gene')} of two patterns."
            lines = [said, *table(head, rows, left=3)]
            none = ["No gene is likely a sum of two patterns."]
            return {"sums": found[:n], "found": len(found)}, lines if found else none

        ask(context.obj, question, as_json)

    @clusters_app.command(epilog="Example: darlc clusters result.h5ad rename 1 myelin")
    def rename(
        context: typer.Context,
        old: Annotated[str, typer.Argument(metavar="OLD", help="Name of the cluster.")],
        new: Annotated[str, typer.Argument(metavar="NEW", help="Its new name.")],
        out: Copy = None,
        as_json: Json = False,
    ) -> None:
        """Give a cluster a name, which all figures, tables and pages then show."""
        from dataclasses import replace

        def renamed(opened: OpenedResult) -> tuple[Result, dict[str, Any], str]:
            column = opened.clusters.column(old)
            edited = opened.clusters.renamed(column, new)
            said = f"Cluster {old} is called {edited.names[column]} now."
            return replace(opened.result, edited=edited), {"names": list(edited.names)}, said

        change_result(context.obj, out, renamed, as_json)

    app.add_typer(clusters_app, name="clusters")


def _sums(opened: OpenedResult) -> list[dict[str, Any]]:
    """Return the genes that are likely sums of two patterns, the most probable first.

    Raises
    ------
    InputError
        The result does not say which they are.
    """
    import numpy as np

    second = opened.result.shown_second
    if second is None:
        raise InputError(
            "this result does not say which genes follow two patterns: only fits of one section "
            "of counts do, and not those of earlier versions; fit again."
        )
    shown = opened.clusters
    rows = np.flatnonzero(second.likely)
    rows = rows[np.lexsort((-second.share[rows], -second.probability[rows]))]
    return [
        {
            "name": str(opened.result.gene_names[row]),
            "label": str(opened.labels[opened.modelled[row]]),
            "cluster": shown.names[shown.cluster[row]],
            "also": shown.names[second.cluster[row]],
            "share": float(second.share[row]),
            "probability": float(second.probability[row]),
        }
        for row in rows
    ]


def _described(opened: OpenedResult) -> list[dict[str, Any]]:
    """Return the clusters that hold genes, in their order."""
    import numpy as np

    from darlc.explore.representatives import representatives
    from darlc.results.denoised_views import consensus_pattern

    shown: Clusters = opened.clusters
    result = opened.result
    patterns = consensus_pattern(result.denoised, shown.membership, result.drawing)
    typical = representatives(result.denoised, shown, patterns, _TYPICAL)
    labels = opened.labels[opened.modelled]
    return [
        {
            "cluster": shown.names[column],
            "genes": int(shown.sizes[column]),
            "confidence": float(shown.confidence[shown.cluster == column].mean()),
            "typical": [str(labels[row]) for row in typical[column] if row >= 0],
        }
        for column in np.flatnonzero(shown.sizes)
    ]
