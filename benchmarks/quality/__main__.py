"""Run tasks of the benchmark: ``python -m benchmarks.quality --tasks simulated --subset``."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

from benchmarks.quality.settings import DATA, Settings
from benchmarks.quality.tables import Table, heading, write_whole

TASKS = (
    *("simulated", "splitting", "calibration", "retrieval", "biology", "stability"),
    *("ablation", "questions", "studies", "sums", "without_counts"),
)
#: What a quick look takes unless tasks are named; stability fits every tissue five times, and
#: ablation thirty times.
QUICK = ("simulated", "splitting", "retrieval", "biology")


def main(arguments: list[str] | None = None) -> None:
    """Run the tasks asked for, one after the other, and write what they found."""
    names, settings = parse(arguments)
    print(heading(settings), flush=True)
    for name in names:
        task = importlib.import_module(f"benchmarks.quality.tasks.{name}")
        finish(name, task.run(settings), settings)


def parse(arguments: list[str] | None) -> tuple[list[str], Settings]:
    """Return the tasks asked for and the settings of all of them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument(
        "--tasks",
        help=f"some of {','.join(TASKS)}; all by default; {','.join(QUICK)} with --subset",
    )
    parser.add_argument("--tuning", action="store_true", help="the tissues to tune on")
    parser.add_argument("--subset", action="store_true", help="few datasets, for a quick look")
    parser.add_argument("--out", type=Path, default=Settings.out, help="folder of the tables")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the real data")
    parser.add_argument(
        "--preset", choices=("quick", "standard", "thorough"), default="standard", help="of ours"
    )
    parser.add_argument(
        "--shelf", type=Path, help="folder to keep answers in, so that a second run goes on"
    )
    options = parser.parse_args(arguments)
    usual = QUICK if options.subset else TASKS
    asked = usual if options.tasks is None else options.tasks.split(",")
    names = [name.strip() for name in asked if name.strip()]
    if unknown := [name for name in names if name not in TASKS]:
        parser.error(f"there is no task '{unknown[0]}': use some of {','.join(TASKS)}")
    return names, Settings(
        tuning=options.tuning,
        subset=options.subset,
        data=options.data,
        out=options.out,
        preset=options.preset,
        shelf=options.shelf,
    )


def finish(task: str, tables: list[Table], settings: Settings) -> None:
    """Write a task's tables: CSV and picture each, and all of them as one Markdown page."""
    page = [f"# {task}", heading(settings)]
    for table in tables:
        table.write(settings.out)
        table.draw(settings.out)
        if not table.quiet:
            page += [f"## {table.name}", table.markdown()]
    write_whole(settings.out / f"{task}.md", ("\n\n".join(page) + "\n").encode())


if __name__ == "__main__":
    main()
