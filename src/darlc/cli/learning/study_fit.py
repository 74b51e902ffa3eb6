"""What fit does with several sections: read them, fit them together, write a folder."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from darlc.cli.answers import print_answer
from darlc.cli.learning.kept_training import keep_training
from darlc.cli.study_summary import study_facts, study_lines
from darlc.cli.working import follow, working
from darlc.interrupts import stoppable
from darlc.wording import listed

if TYPE_CHECKING:
    from darlc.config import Config
    from darlc.data.dataset import ReadOptions
    from darlc.results.study import StudyResult


class Where(NamedTuple):
    """Where sections are computed, and whether from where they were; see `darlc.fit_study`."""

    workers: int = 0
    scheduler: str = ""
    resume: bool = False


def fit_sections(
    inputs: Sequence[Path],
    section_column: str,
    out: Path,
    options: ReadOptions,
    config: Config,
    denoised_layer: bool,
    where: Where,
    as_json: bool,
) -> None:
    """Fit several sections together, write a folder, and print what was found.

    Parameters
    ----------
    inputs, options, section_column
        As for `darlc.read_study`.
    out
        The folder.
    config
        Settings of the fit.
    denoised_layer
        Whether the sections' files get their denoised layer.
    where
        Where the sections are computed.
    as_json
        Whether to print one JSON object.

    Raises
    ------
    InputError
        A section, a setting or the folder cannot be used.
    """
    from darlc.io.study.sections import read_study, samples
    from darlc.io.study.study_file import check_study_target, try_out_study

    start = time.perf_counter()
    sources = tuple(each for path in inputs for each in (path, *samples(path)))
    check_study_target(out, (), sources)
    with working(None) as display:
        from darlc import api
        from darlc.io.rescue import save_study_or_rescue

        datasets = read_study(inputs, options, section_column=section_column)
        adatas = {name: each.adata for name, each in datasets.items()}
        changed = try_out_study(adatas, out)
        separate = {name for name, each in datasets.items() if each.separate}
        with keep_training(out, where.resume) as kept:
            with stoppable() as asked:
                study = api.fit_study(
                    adatas,
                    config,
                    follow(display),
                    asked,
                    separate=separate,
                    workers=where.workers,
                    scheduler=where.scheduler,
                    **kept,
                )
            before = {name: each.notes + changed[name] for name, each in datasets.items()}
            study = _with_notes(study, before)
            said = _notes_of(study)
            save_study_or_rescue(study, out, denoised_layer, said)
    facts = study_facts(study) | {
        "out": str(out),
        "stopped": any(each.stopped for each in study.sections),
        "device": study.sections[0].device,
        "seconds": round(time.perf_counter() - start, 1),
        "notes": list(dict.fromkeys(said)),
    }
    lines = [
        *facts["notes"],
        *(["Stopped early."] if facts["stopped"] else []),
        *study_lines(facts),
        f"Computed on {facts['device']} in {facts['seconds']} s.",
        f"Written to {out}",
    ]
    print_answer(facts, lines, as_json)


def _with_notes(study: StudyResult, before: Mapping[str, Sequence[str]]) -> StudyResult:
    """Return a study whose sections' notes begin with what was said before the fit."""
    sections = tuple(
        replace(each, notes=tuple(dict.fromkeys((*before[name], *each.notes))))
        for name, each in zip(study.section_names, study.sections, strict=True)
    )
    return replace(study, sections=sections)


def _notes_of(study: StudyResult) -> list[str]:
    """Return the notes of a study and its sections; those of some sections name them."""
    sections: dict[str, list[str]] = {}
    for name, each in zip(study.section_names, study.sections, strict=True):
        for note in dict.fromkeys(each.notes):
            if note not in study.notes:
                sections.setdefault(note, []).append(name)
    return [
        *study.notes,
        *(
            note if len(names) == study.n_sections > 1 else f"{listed(names)}: {note}"
            for note, names in sections.items()
        ),
    ]
