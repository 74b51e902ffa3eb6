"""How time and memory of a study grow with its sections.

``python -m benchmarks.scale.sections`` fits studies of 3, 6, 12 and 24 equal sections, each in a
process of its own with one thread. It prints the processor's seconds, also for each section, and
the most memory: of the whole process, and without the pages of files, which the system takes back
when others need them. Before the fit there are only the data.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import re
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.scale.growth import Size, StageSeconds, tissue
from darlc.api import fit_study
from darlc.config import Config
from darlc.io import open_dataset

#: Share of a tissue's molecules that each section sees.
_SEEN = 0.8
#: Seconds between two looks at the memory.
_LOOK = 0.05
_PROCESSES = multiprocessing.get_context("spawn")


class Peak:
    """The most memory that this process has had since it was made, in GiB; needs /proc.

    Attributes
    ----------
    whole
        With the pages of files.
    own
        Without them.
    """

    def __init__(self) -> None:
        self.whole = self.own = 0.0
        threading.Thread(target=self._watch, daemon=True).start()

    def look(self) -> None:
        """Take what is used now."""
        status = Path("/proc/self/status").read_text()
        whole, own = (_gib(status, name) for name in ("VmRSS", "RssAnon"))
        self.whole, self.own = max(self.whole, whole), max(self.own, own)

    def _watch(self) -> None:
        while True:
            self.look()
            time.sleep(_LOOK)


def _gib(status: str, name: str) -> float:
    found = re.search(rf"{name}:\s+(\d+) kB", status)
    return int(found[1]) / 2**20 if found else float("nan")


def measure(sections: int, size: Size, folder: Path, short: bool = False) -> dict[str, Any]:
    """Fit a study in a process of its own; return what it took.

    Parameters
    ----------
    sections
        How many.
    size
        Of each.
    folder
        Of files for the data, which are written where they are missing.
    short
        Whether to train for an epoch only, which takes the memory of a whole fit.
    """
    paths = [folder / f"section{i:02d}.h5ad" for i in range(sections)]
    missing = [i for i, path in enumerate(paths) if not path.exists()]
    if missing:
        whole = tissue(size)
        for i in missing:
            section = whole.copy()
            random = np.random.default_rng(i)
            section.X.data = random.binomial(whole.X.data.astype(int), _SEEN).astype(np.float32)
            section.X.eliminate_zeros()
            section.write_h5ad(paths[i])
    answer = folder / "answer.json"
    answer.unlink(missing_ok=True)
    process = _PROCESSES.Process(target=_fit, args=(paths, size, short, answer))
    process.start()
    process.join()
    return {"sections": sections, **json.loads(answer.read_text())}


def _fit(paths: Sequence[Path], size: Size, short: bool, answer: Path) -> None:
    """Fit a study, and write what it took."""
    torch.set_num_threads(1)
    adatas = {path.stem: open_dataset(path).adata for path in paths}
    config = Config.from_preset(
        size.preset, genes=size.genes, device="cpu", clusters=size.clusters or "auto"
    )
    if short:
        config = config.replace(
            denoise=replace(config.denoise, epochs=1),
            mixture=replace(config.mixture, restarts=1, moves=0),
            train=replace(config.train, pretrain_epochs=1, joint_epochs=1),
        )
    peak = Peak()
    peak.look()
    opened = peak.own
    seconds = StageSeconds()
    study = fit_study(adatas, config, seconds.note)
    peak.look()
    found = {
        "total": sum(seconds.by_stage.values()),
        "search": seconds.by_stage["search"],
        "whole": peak.whole,
        "own": peak.own,
        "opened": opened,
        "clusters": study.n_clusters,
    }
    answer.write_text(json.dumps(found))


def main() -> None:
    """Print a row for each number of sections."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sections", type=int, nargs="+", default=[3, 6, 12, 24])
    parser.add_argument("--observations", type=int, default=1200)
    parser.add_argument("--genes", type=int, default=300, help="that draw patterns")
    parser.add_argument("--others", type=int, default=700)
    parser.add_argument("--clusters", type=int, default=12, help="0 chooses the number")
    parser.add_argument("--short", action="store_true", help="one epoch, for the memory only")
    options = parser.parse_args()
    size = Size(options.observations, options.genes, options.clusters, options.others)
    print("| sections | seconds | a section | of them the search | GiB | own | of the data |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for sections in options.sections:
            found = measure(sections, size, Path(folder), options.short)
            print(
                f"| {sections} | {found['total']:.0f} | {found['total'] / sections:.1f} "
                f"| {found['search']:.0f} | {found['whole']:.2f} | {found['own']:.2f} "
                f"| {found['opened']:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
