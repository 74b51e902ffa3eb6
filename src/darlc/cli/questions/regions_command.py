"""The command that divides the tissue by whose pattern is strongest where: regions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from darlc.cli.answers import number, table
from darlc.cli.opened_result import OpenedResult, ask
from darlc.cli.options import Json, ResultFile
from darlc.config import SMOOTHNESS
from darlc.errors import InputError


def add_regions(app: typer.Typer) -> None:
    """Add the command to an app."""

    @app.command(epilog="Example: darlc regions result.h5ad --smoothness 3 --out regions.csv")
    def regions(
        result_file: ResultFile,
        smoothness: Annotated[
            float,
            typer.Option(
                min=0, metavar="PIXELS", help="Width over which patterns are smoothed; 0 for none."
            ),
        ] = SMOOTHNESS,
        against: Annotated[
            str | None,
            typer.Option(metavar="OBS_COLUMN", help="Column of obs to measure agreement with."),
        ] = None,
        out: Annotated[
            Path | None,
            typer.Option(metavar="PATH", help="CSV to write: the region of every observation."),
        ] = None,
        as_json: Json = False,
    ) -> None:
        """Divide the tissue into regions, by the cluster whose pattern is strongest there."""
        ask(result_file, lambda opened: _regions(opened, smoothness, against, out), as_json)


def _regions(
    opened: OpenedResult, smoothness: float, against: str | None, out: Path | None
) -> tuple[dict[str, Any], list[str]]:
    import numpy as np

    result = opened.result
    winner = result.regions(smoothness)
    names = result.shown_clusters.names
    placed = result.observation_pixel >= 0
    of_observation = np.where(placed, winner[result.observation_pixel], -1)
    rows = [
        {
            "cluster": names[k],
            "pixels": int((winner == k).sum()),
            "observations": int((of_observation == k).sum()),
        }
        for k in np.unique(winner[winner >= 0])
    ]
    facts: dict[str, Any] = {"smoothness": smoothness, "regions": rows}
    lines = [
        f"{len(rows)} regions, patterns smoothed over {smoothness:g} pixels:",
        *table(
            ["cluster", "pixels", "observations"],
            [[row["cluster"], str(row["pixels"]), str(row["observations"])] for row in rows],
            left=1,
        ),
    ]
    if against is not None:
        facts["agreement"] = _agreement(opened, of_observation, against)
        said = ", ".join(f"{name} {number(x, '.3f')}" for name, x in facts["agreement"].items())
        lines.append(f"Agreement with {against}: {said}.")
    if out is not None:
        _write(opened, of_observation, out)
        facts["out"] = str(out)
        lines.append(f"Written to {out}")
    return facts, lines


def _agreement(opened: OpenedResult, found: Any, column: str) -> dict[str, float]:
    """Return how well regions of observations agree with an annotation, where both are known."""
    import pandas as pd

    from darlc import metrics

    assert opened.result.adata is not None
    obs = opened.result.adata.obs
    if column not in obs:
        raise InputError(f"obs has no column '{column}': it has {', '.join(map(str, obs))}.")
    codes, _ = pd.factorize(obs[column])
    known = (codes >= 0) & (found >= 0)
    if not known.any():
        raise InputError(f"no observation in the tissue has a value in obs['{column}'].")
    return {
        "NMI": metrics.normalised_mutual_information(codes[known], found[known]),
        "ARI": metrics.adjusted_rand(codes[known], found[known]),
    }


def _write(opened: OpenedResult, found: Any, out: Path) -> None:
    """Write a table of observations and their regions, whose names are those of clusters."""
    import numpy as np
    import pandas as pd

    from darlc.io.whole_files import whole

    assert opened.result.adata is not None
    names = np.array([*opened.result.shown_clusters.names, ""], dtype=object)
    table = pd.DataFrame({"region": names[found]}, index=opened.result.adata.obs_names)
    with whole(out) as partial:
        table.to_csv(partial, index_label="observation")
