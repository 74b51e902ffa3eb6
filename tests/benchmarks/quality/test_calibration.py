from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.quality.calibration import held_out_winner, run
from benchmarks.quality.scores import thin
from benchmarks.quality.settings import Settings
from benchmarks.quality.tasks.splitting import CLUSTERS
from darlc.images.sgep_images import rasterize
from darlc.simulation.tissue import simulate


def test_missing_data_are_rows_that_say_so(tmp_path: Path) -> None:
    (table,) = run(Settings(data=tmp_path / "nowhere", out=tmp_path))
    assert table.values("dataset") == list(CLUSTERS)
    assert all("is not in" in str(note) for note in table.values("note"))


def test_true_clusters_win_on_other_molecules_and_wrong_ones_do_not() -> None:
    adata = simulate(seed=1, genes=100, clusters=4, platform="st", depth=2000)
    images = rasterize(adata)
    _, test = thin(images.matrix, 3)
    _, truth = np.unique(adata.var["pattern"].to_numpy(), return_inverse=True)
    held_out = replace(images, matrix=test)
    assert (held_out_winner(held_out, truth * 10) == truth * 10).mean() > 0.85
    none = test.copy().tolil()
    none[:, 7] = 0
    silent = held_out_winner(replace(images, matrix=none.tocsc()), truth)
    assert silent[7] == -1 and (silent == truth).mean() > 0.85
    # One gene in five is told the wrong cluster, which is seldom confirmed.
    wrong = np.where(np.arange(100) % 5 == 0, (truth + 1) % 4, truth)
    confirmed = held_out_winner(held_out, wrong) == wrong
    assert confirmed[wrong != truth].mean() < 0.4 < 0.7 < confirmed[wrong == truth].mean()
