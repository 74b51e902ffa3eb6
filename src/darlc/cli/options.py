"""Command line options that several commands share, first those that select what to read."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from darlc.data.dataset import ReadOptions
from darlc.errors import InputError

#: Placeholder for the value, and help text, by field of `ReadOptions`.
_HELP = {
    "layer": ("X|raw|NAME", "Matrix of expression, where the data hold several."),
    "spatial_key": (
        "KEY|X,Y|FILE",
        "Where the coordinates are: key of obsm, two columns of obs, coordinate system or file.",
    ),
    "bin_size": ("N", "Side of a bin: µm for Visium HD, spots for Stereo-seq."),
    "gene_names": ("NAME", "Column of var, array or file that names the genes."),
    "mask": ("NAME", "Column of obs, or image, that marks what lies in the tissue."),
    "section": (
        "OBS_COLUMN=VALUE",
        "One of several sections in a file; all draws them on top of each other.",
    ),
    "features": (
        "KIND[,KIND]",
        "Kinds of features to read in place of genes, such as 'Antibody Capture'.",
    ),
    "table": ("NAME", "Table of a SpatialData store."),
    "element": ("NAME", "Element of a SpatialData store whose observations are read."),
}
_PANEL = "What to read"
#: Options of settings whose names differ from the field's.
_OTHER_NAMES = {"bin_size": "--pixel-size"}

#: What a command takes where it asks for collections.
COLLECTIONS = "Collections of gene sets, or folders of them"

ResultFile = Annotated[Path, typer.Argument(metavar="RESULT", help="A file that darlc fit wrote.")]
Many = Annotated[int, typer.Option("-n", min=1, help="Most genes to list.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Input = Annotated[
    Path,
    typer.Argument(metavar="INPUT", help="A file or folder of spatial transcriptomics."),
]
Copy = Annotated[
    Path | None,
    typer.Option("--out", metavar="PATH", help="Write a copy instead of changing the result."),
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
ModelPixels = Annotated[
    int,
    typer.Option(
        metavar="N",
        help="Most pixels that the model learns on: larger pictures are pooled for it, k × k "
        "pixels to one, and views keep every pixel. 0 takes 16,000 on a CPU, 64,000 on a GPU.",
    ),
]


@contextmanager
def named_as_options(other_names: dict[str, str] = _OTHER_NAMES) -> Iterator[None]:
    """Replace the name of a setting at the start of an error by the name of its option."""
    try:
        yield
    except InputError as error:
        name, _, rest = str(error).partition(" ")
        option = other_names.get(name, "--" + name.replace("_", "-"))
        raise InputError(f"{option} {rest}") from error


def add_version(app: typer.Typer) -> None:
    """Add the option ``--version`` to the command itself."""

    def print_version(wanted: bool) -> None:
        if wanted:
            from darlc import __version__

            print(f"darlc {__version__}")
            raise typer.Exit

    option = typer.Option(
        "--version", callback=print_version, is_eager=True, help="Print the version."
    )

    def darlc(version: Annotated[bool, option] = False) -> None:
        pass  # callbacks of the options do the work

    # Typer resolves annotations by name in the module, where this local one is not defined.
    darlc.__annotations__["version"] = Annotated[bool, option]
    app.callback()(darlc)


def with_read_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of `ReadOptions` to a command, passed to it as one argument ``options``."""
    signature = inspect.signature(command, eval_str=True)
    kinds: dict[str, Any] = {"bin_size": int | None}
    ours = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=getattr(ReadOptions(), name),
            annotation=Annotated[
                kinds.get(name, str),
                typer.Option(metavar=metavar, help=text, rich_help_panel=_PANEL),
            ],
        )
        for name, (metavar, text) in _HELP.items()
    ]

    @wraps(command)
    def run(**given: Any) -> None:
        chosen = {name: given.pop(name) for name in _HELP}
        with named_as_options({}):
            options = ReadOptions(**chosen)
        command(**given, options=options)

    theirs = [each for name, each in signature.parameters.items() if name != "options"]
    run.__signature__ = signature.replace(parameters=[*theirs, *ours])  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in (*theirs, *ours)}
    return run


def names_in(text: str) -> tuple[str, ...]:
    """Return the names of a list with commas."""
    return tuple(name.strip() for name in text.split(",") if name.strip())
