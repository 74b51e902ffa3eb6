"""How a result was made: its settings, and the command that repeats it."""

from __future__ import annotations

import shlex
from typing import Any

from darlc.config import Config
from darlc.results.result import Result
from darlc.results.study import StudyResult

#: Options of ``darlc fit`` by setting, in the order in which they are shown.
_OPTIONS = {
    "genes": "--genes",
    "include": "--include",
    "clusters": "--clusters",
    "count_weight": "--count-weight",
    "bin_size": "--pixel-size",
    "model_pixels": "--model-pixels",
    "seed": "--seed",
    "precision": "--precision",
}


def command(config: Config, *sources: str, out: str = "again.h5ad") -> str:
    """Return the command that repeats a fit.

    Parameters
    ----------
    config
        Settings of the fit.
    *sources
        Names of the data, or of result files, which hold the data, too; one for each section.
    out
        Name of what it writes.
    """
    words = ["darlc", "fit", *sources, "--out", out, "--preset", config.preset]
    usual = Config.from_preset(config.preset)
    for name, option in _OPTIONS.items():
        value = getattr(config, name)
        if value != getattr(usual, name):
            text = ",".join(value) if isinstance(value, tuple) else str(value)
            words += [option, text]
    return shlex.join(words)


def facts(result: Result) -> list[tuple[str, str]]:
    """Return what a reader asks of a result, as names and values."""
    config = result.config
    rows: list[tuple[str, Any]] = [
        ("Preset", config.preset),
        ("Seed", config.seed),
        ("Clusters asked for", config.clusters),
        ("Genes that drew the patterns", int(result.drawing.sum())),
        ("Genes with an answer", result.n_genes),
        ("Tissue pixels", _pixels(result)),
        ("Last stage", result.stage + (", stopped early" if result.stopped else "")),
        ("Computed on", result.device),
        ("Seconds", f"{sum(result.timings.values()):.0f}"),
        ("Fingerprint of the input", result.fingerprint or "not known"),
        ("Versions", _versions(result.versions)),
    ]
    return [(name, str(value)) for name, value in rows]


def study_facts(study: StudyResult) -> list[tuple[str, str]]:
    """Return what a reader asks of a study, as names and values."""
    config = study.config
    rows: list[tuple[str, Any]] = [
        ("Preset", config.preset),
        ("Seed", config.seed),
        ("Clusters asked for", config.clusters),
        ("Genes that drew the patterns", int(study.drawing.sum())),
        ("Genes with an answer", study.n_genes),
        (
            "Genes that follow one cluster in all sections",
            f"{100 * study.constancy:.0f} % (estimate)",
        ),
        ("Seconds", f"{sum(study.timings.values()):.0f}"),
        ("Versions", _versions(study.versions)),
    ]
    for name, result in zip(study.section_names, study.sections, strict=True):
        rows += [
            (f"Tissue pixels of {name}", _pixels(result)),
            (f"Fingerprint of {name}", result.fingerprint or "not known"),
        ]
    return [(name, str(value)) for name, value in rows]


def _pixels(result: Result) -> str:
    layout = f"{result.grid.layout} lattice"
    if result.grid.layout == "binned":
        layout = "free coordinates in bins"
    pixels = f"{result.grid.n_pixels} of {layout}"
    if result.pooling > 1:
        pixels += f", {result.pooling} × {result.pooling} pooled for learning"
    return pixels


def _versions(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {each}" for name, each in versions.items())
