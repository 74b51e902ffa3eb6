"""Is a confidence kept? Whether the cluster that was told wins on molecules that were held out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.quality.cache import our
from benchmarks.quality.scores import calibration_error
from benchmarks.quality.settings import Settings, Unavailable
from benchmarks.quality.tables import Table, Value
from benchmarks.quality.tasks.splitting import (
    CLUSTERS,
    REPORTING_SEEDS,
    SUBSET,
    TUNING_SEEDS,
    split,
)
from darlc.images.sgep_images import SGEPImages
from darlc.learn.cluster.count_model import CountModel
from darlc.learn.cluster.library import estimate_dispersion
from darlc.learn.cluster.split_merge import CountClusters
from darlc.results.clusters import SURE

_SEED = 0


def run(settings: Settings) -> list[Table]:
    """Measure the calibration error on real tissue, against the other half of the molecules."""
    table = Table(
        "calibration",
        (
            *("dataset", "split", "genes", "confidence", "kept", "calibration error"),
            *("unsure", "kept where unsure", "note"),
        ),
        settings.out,
    )
    seeds = TUNING_SEEDS if settings.tuning else REPORTING_SEEDS
    for name in SUBSET if settings.subset else CLUSTERS:
        for row in _measure(name, seeds[0], settings):
            table.append(row)
    return [table]


def _measure(name: str, seed: int, settings: Settings) -> Iterator[dict[str, Value]]:
    try:
        halves = split(name, seed, settings.data)
    except Unavailable as error:
        yield {"dataset": name, "split": seed, "note": str(error)}
        return
    answer = our(settings)(halves.train, halves.clusters, _SEED)
    assert answer.confidence is not None
    # Genes that were left out have no confidence.
    told = answer.confidence > 0
    kept = held_out_winner(halves.test, answer.labels) == answer.labels
    confidence, kept = answer.confidence[told], kept[told]
    unsure = confidence < SURE
    yield {
        "dataset": name,
        "split": seed,
        "genes": int(told.sum()),
        "confidence": float(confidence.mean()),
        "kept": float(kept.mean()),
        "calibration error": calibration_error(confidence, kept),
        "unsure": float(unsure.mean()),
        "kept where unsure": float(kept[unsure].mean()) if unsure.any() else float("nan"),
    }


def held_out_winner(test: SGEPImages, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the cluster that explains each gene's held-out counts best, (G,).

    Parameters
    ----------
    test
        The held-out molecules of the same genes.
    labels
        (G,) clusters that were told; -1 for none. They draw each cluster's pattern from the
        held-out molecules, a gene's own left out.

    Returns
    -------
    array
        -1 where no pattern explains a gene better than none; so, too, where none of its molecules
        was held out.
    """
    measured = test.measured()
    seen = np.flatnonzero(measured.sum(axis=1) > 0)
    told = labels[seen]
    clusters, numbers = np.unique(told[told >= 0], return_inverse=True)
    hard = np.zeros((len(seen), len(clusters)), dtype=np.float32)
    hard[np.flatnonzero(told >= 0), numbers] = 1.0
    membership = torch.from_numpy(hard)
    model = CountModel(measured[seen], test.library, test.grid)
    counts = CountClusters(model.dispersed(estimate_dispersion(model, membership)))
    start = counts.start(membership)
    # How large clusters are, and how strongly genes follow them; not who is in them.
    learnt = replace(counts.step(start), membership=start.membership)
    winner = np.full(len(labels), -1, dtype=np.int64)
    winner[seen] = np.append(clusters, -1)[counts.evidence(learnt).argmax(dim=1).numpy()]
    return winner
