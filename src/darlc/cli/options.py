"""The options of the command line that say what to take where a file leaves a choice."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Annotated, Any

import typer

from darlc.data.dataset import ReadOptions
from darlc.errors import InputError

#: What stands in the help, and what a value is called there, by field of `ReadOptions`.
_HELP = {
    "layer": ("X|raw|NAME", "Matrix of expression, where the data hold several."),
    "spatial_key": (
        "KEY|X,Y|FILE",
        "Where coordinates stand: key of obsm, two columns of obs, coordinate system or file.",
    ),
    "bin_size": ("N", "Side of a bin: µm for Visium HD, spots for Stereo-seq."),
    "gene_names": ("NAME", "Column of var, array or file that names the genes."),
    "mask": ("NAME", "Column of obs, or image, that says what lies in the tissue."),
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
#: Settings whose options have other names.
_OTHERWISE = {"bin_size": "--pixel-size"}


@contextmanager
def named_as_options(otherwise: dict[str, str] = _OTHERWISE) -> Iterator[None]:
    """Have a sentence that begins with a setting's name begin with its option."""
    try:
        yield
    except InputError as error:
        name, _, rest = str(error).partition(" ")
        raise InputError(f"{otherwise.get(name, '--' + name.replace('_', '-'))} {rest}") from error


def add_version(app: typer.Typer) -> None:
    """Give the command itself the option ``--version``."""

    def tell(wanted: bool) -> None:
        if wanted:
            from darlc import __version__

            print(f"darlc {__version__}")
            raise typer.Exit

    option = typer.Option("--version", callback=tell, is_eager=True, help="Tell the version.")

    def darlc(version: Annotated[bool, option] = False) -> None:
        pass  # what its options ask for is done by their callbacks

    # The annotation is read by its name, and this one knows more than the module.
    darlc.__annotations__["version"] = Annotated[bool, option]
    app.callback()(darlc)


def with_read_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `ReadOptions`, which reach it as its argument ``options``."""
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
