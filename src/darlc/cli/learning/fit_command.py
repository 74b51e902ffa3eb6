"""The command that learns which genes share a spatial pattern: fit."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from darlc.cli.answers import clusters_command, print_answer
from darlc.cli.learning.kept_training import Resume, keep_training
from darlc.cli.learning.study_fit import Where, fit_sections
from darlc.cli.options import (
    Device,
    Genes,
    Include,
    Json,
    ModelPixels,
    PixelSize,
    Precision,
    Preset,
    Seed,
    named_as_options,
    names_in,
    with_read_options,
)
from darlc.cli.working import follow, working
from darlc.config import Config
from darlc.data.dataset import ReadOptions
from darlc.data.keys import DENOISED_LAYER
from darlc.errors import InputError
from darlc.interrupts import stoppable


def add_fit(app: typer.Typer) -> None:
    """Add the command to an app."""

    @app.command(epilog="Example: darlc fit tissue.h5ad --out result.h5ad --include MBP,PLP1")
    @with_read_options
    def fit(
        inputs: Annotated[
            list[Path],
            typer.Argument(
                metavar="INPUT…",
                help="A file or folder of spatial transcriptomics; several, or a folder of them, "
                "are sections that are fitted together.",
            ),
        ],
        out: Annotated[
            Path,
            typer.Option(
                metavar="PATH", help="File, .h5ad or .zarr; of several sections, a folder."
            ),
        ],
        options: ReadOptions,
        genes: Genes = Config.genes,
        include: Include = "",
        clusters: Annotated[
            str, typer.Option(metavar="auto|K", help="Number of clusters.")
        ] = "auto",
        preset: Preset = "standard",
        count_weight: Annotated[
            float,
            typer.Option(
                help="Weight of the model of counts, or of other values; 0 is the paper's model."
            ),
        ] = Config.count_weight,
        pixel_size: PixelSize = None,
        model_pixels: ModelPixels = 0,
        denoised_layer: Annotated[
            bool,
            typer.Option(
                "--denoised-layer", help=f"Also write layers['{DENOISED_LAYER}'], which is large."
            ),
        ] = False,
        seed: Seed = 0,
        device: Device = "auto",
        precision: Precision = "auto",
        resume: Resume = False,
        section_column: Annotated[
            str,
            typer.Option(
                metavar="OBS_COLUMN",
                help="Fit the sections of a file together: the column says which is which.",
            ),
        ] = "",
        workers: Annotated[
            int,
            typer.Option(min=0, help="Processes to start here, which compute the sections."),
        ] = 0,
        scheduler: Annotated[
            str,
            typer.Option(
                metavar="ADDRESS",
                help="Dask scheduler whose workers compute the sections, such as tcp://node1:8786.",
            ),
        ] = "",
        as_json: Json = False,
    ) -> None:
        """Learn which genes share a spatial pattern; write the data with the result in them."""
        with named_as_options():
            config = Config.from_preset(
                preset,  # type: ignore[arg-type]
                genes=genes,
                include=names_in(include),
                clusters=_clusters(clusters),
                count_weight=count_weight,
                bin_size=pixel_size,
                model_pixels=model_pixels,
                seed=seed,
                device=device,
                precision=precision,
            )
        if len(inputs) > 1 or section_column or _holds_samples(inputs[0]):
            where = Where(workers, scheduler, resume)
            fit_sections(
                inputs, section_column, out, options, config, denoised_layer, where, as_json
            )
            return
        if workers or scheduler:
            raise InputError(
                "--workers and --scheduler are for several sections: leave them out, or name more."
            )
        (input,) = inputs
        start = time.perf_counter()
        with working(input, out) as display:
            from dataclasses import replace

            from darlc import api
            from darlc.io import open_dataset
            from darlc.io.rescue import save_or_rescue
            from darlc.io.store import try_out

            dataset = open_dataset(input, options)
            before = dataset.notes + try_out(dataset.adata, out)
            with keep_training(out, resume) as kept:
                with stoppable() as asked:
                    result = api.fit(
                        dataset.adata,
                        config,
                        follow(display),
                        asked,
                        separate=dataset.separate,
                        **kept,
                    )
                said = list(dict.fromkeys(before + result.notes))
                save_or_rescue(replace(result, notes=tuple(said)), out, denoised_layer, said)
        notes = list(dict.fromkeys(said))
        facts = {
            "out": str(out),
            "genes": result.n_genes,
            "drawing": int(result.drawing.sum()),
            "pooling": result.pooling,
            "clusters": result.n_clusters,
            "stage": result.stage,
            "stopped": result.stopped,
            "device": result.device,
            "seconds": round(time.perf_counter() - start, 1),
            "notes": notes,
        }
        print_answer(
            facts,
            [
                *notes,
                *(
                    [f"Stopped early; {result.stage} was the last stage done."]
                    if result.stopped
                    else []
                ),
                f"{result.n_genes} genes in {result.cluster_summary}, computed on {result.device} "
                f"in {facts['seconds']} s.",
                f"Written to {out}",
                *([f"Look at it: {clusters_command(str(out))}"] if result.n_clusters else []),
            ],
            as_json,
        )


def _holds_samples(path: Path) -> bool:
    from darlc.io.study.sections import holds_samples

    return holds_samples(path)


def _clusters(text: str) -> Any:
    """Return a number where the text is one; `Config` checks anything else."""
    try:
        return int(text)
    except ValueError:
        return text
