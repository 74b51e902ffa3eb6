"""The command that makes tissue with known truth: simulate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from darlc.cli.answers import print_answer, table
from darlc.cli.options import Json, Seed, names_in
from darlc.cli.working import working
from darlc.errors import InputError

if TYPE_CHECKING:
    from anndata import AnnData

_STUDY = "Several sections"
_WITHOUT_COUNTS = "Without counts"
_GENES, _CLUSTERS, _PLATFORM = 2000, 20, "visium"


def add_simulate(app: typer.Typer) -> None:
    """Add the command to an app."""

    @app.command(
        epilog="Example: darlc simulate --out tissue.h5ad --seed 1 --genes 500 --clusters 10"
    )
    def simulate(
        out: Annotated[
            Path,
            typer.Option(metavar="PATH", help="File, .h5ad or .zarr; of --sections, a folder."),
        ],
        seed: Seed = 0,
        genes: Annotated[
            int | None,
            typer.Option(help=f"Number of genes; left out, {_GENES}, or what the kind has."),
        ] = None,
        clusters: Annotated[
            int | None,
            typer.Option(
                help=f"Number of patterns that genes follow; left out, {_CLUSTERS}, or the kind's."
            ),
        ] = None,
        depth: Annotated[
            float | None,
            typer.Option(help="Mean total count of an observation; left out, the platform's."),
        ] = None,
        platform: Annotated[
            str | None,
            typer.Option(
                metavar="visium|st|slideseq|merfish",
                help="Where observations lie; sections take several, with commas, in turn. "
                f"Left out, {_PLATFORM}.",
            ),
        ] = None,
        patterns: Annotated[
            str,
            typer.Option(
                metavar="mixed|layered|radial|patchy|gradient|streak|ring",
                help="Family of the patterns.",
            ),
        ] = "mixed",
        nuisance: Annotated[
            str,
            typer.Option(metavar="NAME,…", help="What goes wrong: library, stripes, folds, holes."),
        ] = "",
        dropout: Annotated[
            float | None,
            typer.Option(help="Share of the entries set to zero; left out, the platform's."),
        ] = None,
        unpatterned: Annotated[
            float, typer.Option(help="Share of the genes that follow no pattern.")
        ] = 0.0,
        sums: Annotated[
            float, typer.Option(help="Share of the genes that are sums of two patterns.")
        ] = 0.0,
        like: Annotated[
            Path | None,
            typer.Option(metavar="INPUT", help="Real tissue to take positions and patterns from."),
        ] = None,
        regions: Annotated[
            str | None,
            typer.Option(
                metavar="OBS_COLUMN", help="Column of its obs whose regions are patterns."
            ),
        ] = None,
        sections: Annotated[
            int | None,
            typer.Option(metavar="N", help="Simulate a study: several sections of one anatomy."),
        ] = None,
        changed: Annotated[
            float | None,
            typer.Option(
                help="Share of the genes that follow another pattern in half of the sections; "
                "left out, 0.1.",
                rich_help_panel=_STUDY,
            ),
        ] = None,
        private: Annotated[
            int | None,
            typer.Option(
                help="Number of patterns that only some sections have.", rich_help_panel=_STUDY
            ),
        ] = None,
        missing: Annotated[
            float | None,
            typer.Option(
                help="Share of the genes that each section has not measured.",
                rich_help_panel=_STUDY,
            ),
        ] = None,
        kind: Annotated[
            str | None,
            typer.Option(
                metavar="log|proteins|metabolites|images",
                help="Simulate what is measured without counts.",
                rich_help_panel=_WITHOUT_COUNTS,
            ),
        ] = None,
        side: Annotated[
            int | None,
            typer.Option(
                help="Side of the tissue in pixels; left out, what the kind has.",
                rich_help_panel=_WITHOUT_COUNTS,
            ),
        ] = None,
        noise: Annotated[
            float | None,
            typer.Option(
                help="Factor of the kind's noise; left out, 1.", rich_help_panel=_WITHOUT_COUNTS
            ),
        ] = None,
        as_json: Json = False,
    ) -> None:
        """Simulate a tissue whose truth is known: var['pattern'] is the pattern of each gene.

        With --sections, a folder with a file for each; var['changed'] names genes that differ. With
        --kind, values that are not counts; layers['noiseless'] is what they would be without noise.
        """
        every: dict[str, Any] = {
            "seed": seed,
            "genes": genes,
            "clusters": clusters,
            "patterns": patterns,
            "nuisance": names_in(nuisance),
            "unpatterned": unpatterned,
        }
        if kind is not None:
            counted = {"depth": depth, "platform": platform, "dropout": dropout, "like": like}
            counted |= {"regions": regions, "sections": sections, "sums": sums or None}
            counted |= {"changed": changed, "private": private, "missing": missing}
            if wrong := [name for name, value in counted.items() if value is not None]:
                raise InputError(f"--{wrong[0]} is of counts: leave it out, or --kind.")
            _simulate_values(out, every | {"side": side, "noise": noise}, kind, as_json)
            return
        if side is not None or noise is not None:
            one = "side" if side is not None else "noise"
            raise InputError(f"--{one} is of what is not counted: say what that is with --kind.")
        clusters = _CLUSTERS if clusters is None else clusters
        asked = every | {
            "genes": _GENES if genes is None else genes,
            "clusters": clusters,
            "depth": depth,
            "dropout": dropout,
        }
        platform = platform or _PLATFORM
        given = {"changed": changed, "private": private, "missing": missing}
        study: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        if sections is None and study:
            raise InputError(
                f"--{next(iter(study))} is of several sections: say how many with --sections."
            )
        if sections is not None:
            if like is not None or regions is not None or sums:
                raise InputError(
                    "--like, --regions and --sums are of one section: leave out --sections."
                )
            study["platforms"] = names_in(platform)
            _simulate_study(out, asked | study, sections, as_json)
            return
        with working(like, out):
            from darlc.io import open_dataset
            from darlc.io.store import write
            from darlc.simulation.tissue import simulate as make

            adata = make(
                **asked,
                platform=platform,  # type: ignore[arg-type]
                sums=sums,
                like=None if like is None else open_dataset(like).adata,
                regions=regions,
            )
            write(adata, out)
        _say(out, adata, ("seed", "depth", "platform"), as_json)


def _simulate_values(out: Path, asked: dict[str, Any], kind: str, as_json: bool) -> None:
    """Write a tissue without counts."""
    with working(None, out):
        from darlc.io.store import write
        from darlc.simulation.without_counts import simulate_values

        given = {name: value for name, value in asked.items() if value is not None}
        adata = simulate_values(kind, **given)  # type: ignore[arg-type]
        write(adata, out)
    _say(out, adata, ("seed", "kind", "side", "noise"), as_json)


def _say(out: Path, adata: AnnData, facts: Sequence[str], as_json: bool) -> None:
    """Print what was simulated, with some of its arguments."""
    without = int((adata.var["pattern"] == "none").sum())
    arguments = adata.uns["simulation"]
    print_answer(
        {
            "out": str(out),
            "observations": adata.n_obs,
            "genes": adata.n_vars,
            "unpatterned_genes": without,
            "clusters": arguments["clusters"],
            **{name: arguments[name] for name in facts},
        },
        [
            f"{adata.n_obs} observations of {adata.n_vars} genes that follow "
            f"{arguments['clusters']} patterns"
            + (f", but for {without} that follow none." if without else "."),
            f"Written to {out}",
        ],
        as_json,
    )


def _simulate_study(out: Path, asked: dict[str, Any], sections: int, as_json: bool) -> None:
    """Write a folder with a file for each section."""
    from darlc.io.store import write
    from darlc.io.study.folder import check_folder, section_files, whole_folder
    from darlc.simulation.study import section_names, simulate_study

    files = section_files(section_names(sections))
    check_folder(out, files)
    with working(None):
        made = simulate_study(sections=sections, **asked)
        with whole_folder(out) as folder:
            for file, adata in zip(files, made.values(), strict=True):
                write(adata, folder / file)
    rows = [
        {
            "name": name,
            "file": str(out / file),
            "observations": adata.n_obs,
            "genes": adata.n_vars,
            "changed_genes": int(adata.var["changed"].sum()),
            **{each: adata.uns["simulation"][each] for each in ("group", "depth", "platform")},
        }
        for file, (name, adata) in zip(files, made.items(), strict=True)
    ]
    head = ["section", "platform", "observations", "genes", "changed"]
    columns = ("name", "platform", "observations", "genes", "changed_genes")
    lines = table(head, [[str(row[each]) for each in columns] for row in rows])
    print_answer(
        {"out": str(out), "seed": asked["seed"], "clusters": asked["clusters"], "sections": rows},
        [*lines, f"Written to {out}"],
        as_json,
    )
