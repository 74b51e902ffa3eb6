"""A directive that lists every command of ``darlc`` with its options, as ``--help`` has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from darlc.cli.commands import app


def commands() -> dict[str, Any]:
    """Return the commands by name, in the order in which the help lists them.

    Those of a group follow it.
    """
    top: Any = typer.main.get_command(app)
    found = {}
    for name, command in top.commands.items():
        found[name] = command
        for own, each in getattr(command, "commands", {}).items():
            found[f"{name} RESULT {own}"] = each
    return found


def described(name: str, command: Any) -> Iterator[str]:
    """Yield the lines of Markdown that say what a command does and takes."""
    context = command.context_class(command, info_name=f"darlc {name}")
    usage = " ".join(command.get_usage(context).removeprefix("Usage:").split())
    yield from (f"## darlc {name}", "", command.help or "", "", "```text", usage, "```", "")
    # As the command's own help has them; nothing where a parameter is hidden.
    rows = [row for each in command.params if (row := each.get_help_record(context))]
    yield from ("| | |", "| --- | --- |")
    for names, meaning in rows:
        meaning = meaning.replace("[", "\\[")
        yield f"| `{_cell(names)}` | {_cell(meaning)} |"
    yield ""
    epilog = (command.epilog or "").removeprefix("Example: ")
    if epilog:
        yield from ("For example:", "", "```bash", epilog, "```", "")


def _cell(text: str) -> str:
    """Return a text as it stands in a table."""
    return " ".join(text.split()).replace("|", "\\|")


class CommandReference(SphinxDirective):
    """``{command-reference}``: a section for every command."""

    def run(self) -> list[nodes.Node]:
        """Return the sections."""
        text = "\n".join(
            line for name, each in commands().items() for line in described(name, each)
        )
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, Any]:
    """Tell Sphinx of the directive."""
    app.add_directive("command-reference", CommandReference)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
