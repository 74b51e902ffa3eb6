"""The ``darlc`` command. What a command needs is imported when it runs, so that help is fast."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from darlc.cli.answers import print_answer
from darlc.cli.compare_command import add_compare
from darlc.cli.distance_command import add_distance
from darlc.cli.extend_command import add_extend
from darlc.cli.figure_commands import add_figure, add_report
from darlc.cli.gene_set_commands import add_enrich, add_sets
from darlc.cli.kept_training import Resume, keep_training
from darlc.cli.options import (
    ModelPixels,
    add_version,
    named_as_options,
    names_in,
    with_read_options,
)
from darlc.cli.pattern_command import add_pattern
from darlc.cli.query_commands import Json, ResultFile, add_query_commands
from darlc.config import Config
from darlc.data.dataset import ReadOptions
from darlc.data.keys import DENOISED_LAYER
from darlc.errors import DarlcError
from darlc.interrupts import stoppable

if TYPE_CHECKING:
    from darlc.cli.terminal import Display
    from darlc.events import Event

_WRONG, _INTERRUPTED = 2, 130

app = typer.Typer(
    name="darlc",
    help="Find genes that share a spatial pattern, and see the patterns without the noise.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
add_version(app)

Input = Annotated[
    Path,
    typer.Argument(metavar="INPUT", help="A file or folder of spatial transcriptomics."),
]
Out = Annotated[Path, typer.Option(metavar="PATH", help="File to write, .h5ad or .zarr.")]
Genes = Annotated[
    int,
    typer.Option(
        help="Most genes to draw the patterns, by spatial variability; all are compared with them."
    ),
]
Include = Annotated[
    str, typer.Option(metavar="GENE,…", help="Genes that draw whatever their variability.")
]
Preset = Annotated[str, typer.Option(metavar="quick|standard|thorough", help="How much effort.")]
Seed = Annotated[int, typer.Option(help="Seed of every random choice.", max=2**63 - 1)]
PixelSize = Annotated[
    float | None,
    typer.Option(
        metavar="UNITS",
        help="Side of a pixel in units of the coordinates; left out, a pixel of free "
        "coordinates holds about two observations and a lattice keeps its own.",
    ),
]
Device = Annotated[str, typer.Option(metavar="auto|cpu|cuda|mps", help="Where to compute.")]
Precision = Annotated[str, typer.Option(metavar="auto|32|bf16", help="Numbers to compute with.")]


@app.command(epilog="Example: darlc fit tissue.h5ad --out result.h5ad --include MBP,PLP1")
@with_read_options
def fit(
    input: Input,
    out: Out,
    options: ReadOptions,
    genes: Genes = Config.genes,
    include: Include = "",
    clusters: Annotated[str, typer.Option(metavar="auto|K", help="Number of clusters.")] = "auto",
    preset: Preset = "standard",
    count_weight: Annotated[
        float,
        typer.Option(help="Weight of the count observation model; 0 is the paper's model."),
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
    start = time.perf_counter()
    with _working(input, out) as display:
        from dataclasses import replace

        from darlc import api
        from darlc.io import open_dataset
        from darlc.io.rescue import save_or_rescue
        from darlc.io.store import try_out

        dataset = open_dataset(input, options)
        before = dataset.notes + try_out(dataset.adata, out)
        with keep_training(out, resume) as kept:
            with stoppable() as asked:
                separate, follow = dataset.separate, _follow(display)
                result = api.fit(dataset.adata, config, follow, asked, separate=separate, **kept)
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
        ],
        as_json,
    )


@app.command(epilog="Example: darlc denoise tissue.h5ad --out denoised.h5ad --preset quick")
@with_read_options
def denoise(
    input: Input,
    out: Out,
    options: ReadOptions,
    preset: Preset = "standard",
    pixel_size: PixelSize = None,
    model_pixels: ModelPixels = 0,
    seed: Seed = 0,
    device: Device = "auto",
    precision: Precision = "auto",
    as_json: Json = False,
) -> None:
    """Clean every gene; write the data with layers['darlc_denoised'] beside what they held."""
    with named_as_options():
        config = Config.from_preset(
            preset,  # type: ignore[arg-type]
            bin_size=pixel_size,
            model_pixels=model_pixels,
            seed=seed,
            device=device,
            precision=precision,
        )
    start = time.perf_counter()
    with _working(input, out) as display:
        from darlc import api
        from darlc.io import open_dataset
        from darlc.io.prepare import prepare
        from darlc.io.store import try_out, write

        dataset = open_dataset(input, options)
        changed = try_out(dataset.adata, out)
        adata, images = prepare(dataset.adata, config.bin_size, separate=dataset.separate)
        blocks = api.denoised_blocks(
            images, config, lambda step, total: display.step("denoise", step, total)
        )
        write(adata, out, {DENOISED_LAYER: blocks})
    notes = list(dict.fromkeys(dataset.notes + changed + images.notes))
    seconds = round(time.perf_counter() - start, 1)
    print_answer(
        {
            "out": str(out),
            "observations": adata.n_obs,
            "genes": adata.n_vars,
            "seconds": seconds,
            "notes": notes,
        },
        [
            *notes,
            f"{adata.n_vars} genes in {adata.n_obs} observations denoised in {seconds} s.",
            f"Written to {out}",
        ],
        as_json,
    )


@app.command(epilog="Example: darlc simulate --out tissue.h5ad --seed 1 --genes 500 --clusters 10")
def simulate(
    out: Out,
    seed: Seed = 0,
    genes: Annotated[int, typer.Option(help="Number of genes.")] = 2000,
    clusters: Annotated[int, typer.Option(help="Number of patterns that genes follow.")] = 20,
    depth: Annotated[
        float | None,
        typer.Option(help="Mean total count of an observation; left out, the platform's."),
    ] = None,
    platform: Annotated[
        str, typer.Option(metavar="visium|st|slideseq|merfish", help="Where observations lie.")
    ] = "visium",
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
    like: Annotated[
        Path | None,
        typer.Option(metavar="INPUT", help="Real tissue to take positions and patterns from."),
    ] = None,
    regions: Annotated[
        str | None,
        typer.Option(metavar="OBS_COLUMN", help="Column of its obs whose regions are patterns."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Simulate a tissue whose truth is known: var['pattern'] is the pattern of each gene."""
    with _working(like, out):
        from darlc.io import open_dataset
        from darlc.io.store import write
        from darlc.simulation.tissue import simulate as make

        adata = make(
            seed=seed,
            genes=genes,
            clusters=clusters,
            depth=depth,
            platform=platform,  # type: ignore[arg-type]
            patterns=patterns,  # type: ignore[arg-type]
            nuisance=names_in(nuisance),  # type: ignore[arg-type]
            dropout=dropout,
            unpatterned=unpatterned,
            like=None if like is None else open_dataset(like).adata,
            regions=regions,
        )
        write(adata, out)
    without = int((adata.var["pattern"] == "none").sum())
    print_answer(
        {
            "out": str(out),
            "observations": adata.n_obs,
            "genes": adata.n_vars,
            "unpatterned_genes": without,
            "clusters": clusters,
            **{name: adata.uns["simulation"][name] for name in ("seed", "depth", "platform")},
        },
        [
            f"{adata.n_obs} observations of {adata.n_vars} genes that follow {clusters} patterns"
            + (f", but for {without} that follow none." if without else "."),
            f"Written to {out}",
        ],
        as_json,
    )


@app.command(epilog="Example: darlc info tissue.h5ad --genes 2000")
@with_read_options
def info(
    input: Input,
    options: ReadOptions,
    genes: Genes = Config.genes,
    include: Include = "",
    pixel_size: PixelSize = None,
    model_pixels: ModelPixels = 0,
    as_json: Json = False,
) -> None:
    """Describe a dataset: how it will be rasterised, what will be left out and why."""
    with named_as_options():
        config = Config(
            genes=genes,
            include=names_in(include),
            bin_size=pixel_size,
            model_pixels=model_pixels,
        )
    with _working(input):
        from darlc.cli.inspection import inspect
        from darlc.io import open_dataset

        found = inspect(open_dataset(input, options), config)
    print_answer(found.to_dict(), found.lines(), as_json)


@app.command(epilog="Example: darlc score result.h5ad --truth pattern")
def score(
    result_file: ResultFile,
    truth: Annotated[
        str | None, typer.Option(metavar="VAR_COLUMN", help="Column of var with true clusters.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print all metrics that apply to a result."""
    with _working(result_file):
        from darlc.cli.opened_result import OpenedResult
        from darlc.cli.scoring import describe
        from darlc.cli.scoring import score as measure

        opened = OpenedResult(result_file)
        scores = measure(opened.result, truth)
    notes = list(opened.notes)
    print_answer(scores | {"notes": notes}, [*notes, *describe(scores)], as_json)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command and end the process: 0 is success, 2 an error, 130 an interruption."""
    sys.exit(run(sys.argv[1:] if argv is None else argv))


def run(argv: Sequence[str]) -> int:
    """Run the command and return its exit code; every error is one line on standard error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A character that the output's encoding lacks must not make the command fail.
            stream.reconfigure(errors="replace")
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    command = typer.main.get_command(app)
    try:
        # Not the command's own ``main``, which would print errors in a frame of several lines.
        with command.make_context("darlc", list(argv) or ["--help"]) as context:
            command.invoke(context)
    except typer.Exit as end:
        return int(end.exit_code)
    except (KeyboardInterrupt, typer.Abort) as end:
        return _fail(str(end) or "interrupted", _INTERRUPTED)
    except DarlcError as error:
        return _fail(str(error))
    except MemoryError:
        return _fail("the memory of this machine is not enough: use fewer genes or a larger one.")
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _fail(f"{where}{error.strerror or error}")
    except Exception as error:
        if (usage := getattr(error, "format_message", None)) is not None:
            return _fail(usage())
        if os.environ.get("DARLC_DEBUG"):
            raise
        return _fail(
            f"an unexpected error occurred ({type(error).__name__}: {error}): please report it; "
            "DARLC_DEBUG=1 shows the traceback."
        )
    return 0


def _fail(sentence: str, code: int = _WRONG) -> int:
    print(f"darlc: {' '.join(sentence.split())}", file=sys.stderr)
    return code


@contextlib.contextmanager
def _working(source: Path | None, out: Path | None = None, endings: tuple[str, ...] = ()) -> Any:
    """Check the target before any work, keep standard output clean, and show progress."""
    from darlc.cli.terminal import make_display

    if out is not None:
        from darlc.io.store import check_place, check_target

        if endings:
            check_place(out, endings, source)
        else:
            check_target(out, source)
    # Libraries that print must not mix with the one JSON object on standard output.
    with contextlib.redirect_stdout(sys.stderr), make_display() as display:
        yield display


def _follow(display: Display) -> Callable[[Event], None]:
    from darlc.events import Progress

    def on_event(event: Event) -> None:
        if isinstance(event, Progress):
            display.step(event.stage, event.step, event.total, event.seconds_left)

    return on_event


def _clusters(text: str) -> Any:
    """Return a number where the text is one; `Config` checks anything else."""
    try:
        return int(text)
    except ValueError:
        return text


add_query_commands(app, _working)
add_enrich(app, _working)
add_sets(app, _working)
add_pattern(app, _working)
add_distance(app, _working)
add_compare(app, _working)
add_extend(app, _working)
add_figure(app, _working)
add_report(app, _working)
