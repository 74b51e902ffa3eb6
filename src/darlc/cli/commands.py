"""The ``darlc`` command. What a command needs is imported when it runs, so that help is fast."""

from __future__ import annotations

import io
import os
import sys
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from darlc.cli.answers import print_answer
from darlc.cli.figure_commands import add_figure, add_report
from darlc.cli.learning.denoise_command import add_denoise
from darlc.cli.learning.fit_command import add_fit
from darlc.cli.options import (
    Genes,
    Include,
    Input,
    Json,
    ModelPixels,
    PixelSize,
    ResultFile,
    add_version,
    named_as_options,
    names_in,
    with_read_options,
)
from darlc.cli.questions.cluster_commands import add_clusters
from darlc.cli.questions.compare_command import add_compare
from darlc.cli.questions.distance_command import add_distance
from darlc.cli.questions.extend_command import add_extend
from darlc.cli.questions.gene_set_commands import add_enrich, add_sets
from darlc.cli.questions.pattern_command import add_pattern
from darlc.cli.questions.query_commands import add_query_commands
from darlc.cli.questions.regions_command import add_regions
from darlc.cli.questions.sections_command import add_sections
from darlc.cli.simulate_command import add_simulate
from darlc.cli.study_summary import overview, study_facts, study_lines
from darlc.cli.working import working
from darlc.config import Config
from darlc.data.dataset import ReadOptions
from darlc.errors import DarlcError

if TYPE_CHECKING:
    from darlc.results.study import StudyResult

_WRONG, _INTERRUPTED = 2, 130

app = typer.Typer(
    name="darlc",
    help="Find genes that share a spatial pattern, and see the patterns without the noise.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
add_version(app)
add_fit(app)
add_denoise(app)
add_simulate(app)


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
    """Describe a dataset: how it will be rasterised, what will be left out and why; or a study."""
    with named_as_options():
        config = Config(
            genes=genes,
            include=names_in(include),
            bin_size=pixel_size,
            model_pixels=model_pixels,
        )
    with working(input):
        from darlc.cli.inspection import inspect
        from darlc.io import open_dataset
        from darlc.io.study.study_file import is_study, load_study

        if is_study(input):
            facts, lines = _describe(load_study(input))
        else:
            found = inspect(open_dataset(input, options), config)
            facts, lines = found.to_dict(), found.lines()
    print_answer(facts, lines, as_json)


def _describe(study: StudyResult) -> tuple[dict[str, Any], list[str]]:
    facts = study_facts(study)
    more, lines = overview(study)
    return facts | more | {"notes": study.notes}, [*study.notes, *study_lines(facts), *lines]


@app.command(epilog="Example: darlc score result.h5ad --truth pattern")
def score(
    result_file: ResultFile,
    truth: Annotated[
        str | None, typer.Option(metavar="VAR_COLUMN", help="Column of var with true clusters.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print all metrics that apply to a result."""
    with working(result_file):
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


add_clusters(app)
add_query_commands(app)
add_enrich(app)
add_sets(app)
add_pattern(app)
add_distance(app)
add_compare(app)
add_sections(app)
add_regions(app)
add_extend(app)
add_figure(app)
add_report(app)
