"""How a result was made: its settings, and the command that repeats it."""

from __future__ import annotations

import shlex
from typing import Any

from darlc.config import Config
from darlc.results.result import Result

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


def command(config: Config, source: str) -> str:
    """Return the command that repeats a fit.

    Parameters
    ----------
    config
        Settings of the fit.
    source
        Name of the data, or of the result file, which holds the data, too.
    """
    words = ["darlc", "fit", source, "--out", "again.h5ad", "--preset", config.preset]
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
    layout = f"{result.grid.layout} lattice"
    if result.grid.layout == "binned":
        layout = "free coordinates in bins"
    pixels = f"{result.grid.n_pixels} of {layout}"
    if result.pooling > 1:
        pixels += f", {result.pooling} × {result.pooling} pooled for learning"
    rows: list[tuple[str, Any]] = [
        ("Preset", config.preset),
        ("Seed", config.seed),
        ("Clusters asked for", config.clusters),
        ("Genes that drew the patterns", int(result.drawing.sum())),
        ("Genes with an answer", result.n_genes),
        ("Tissue pixels", pixels),
        ("Last stage", result.stage + (", stopped early" if result.stopped else "")),
        ("Computed on", result.device),
        ("Seconds", f"{sum(result.timings.values()):.0f}"),
        ("Fingerprint of the input", result.fingerprint or "not known"),
        ("Versions", ", ".join(f"{name} {each}" for name, each in result.versions.items())),
    ]
    return [(name, str(value)) for name, value in rows]
