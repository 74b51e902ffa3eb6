"""How fast another gene is on the screen, and whether walking through genes fills the memory.

``python -m benchmarks.explorer.switch DATASET`` opens a real window on a dataset or a result and
prints a table: milliseconds from the choice of a gene until the canvas is drawn anew, as the user
would wait for it. Beside it stand what no plugin can beat, a redraw of an empty viewer of the same
size; what napari takes for another picture in a plain image layer; and, with ``--rival-python``,
napari-spatialdata in the same run. Last comes how much memory a thousand switches took.

Where a processor draws, most of a switch is drawing: whatever changes on the canvas, Qt puts the
whole window together anew. What the switch itself adds is the difference to the redraw of the same
gene. On a machine that is busy with other work the CPU time, which is that of all threads, tells
more than the wait; the load says how busy it was. A dataset without a result gets smoothed
stand-ins for its denoised views, so that as much is drawn as after training.
"""

from __future__ import annotations

import argparse
import gc
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import psutil
from anndata import AnnData
from numpy.typing import NDArray

from benchmarks.explorer.window import HEAD, Clock, in_turn, line, open_window, settle
from darlc.events import Denoised, Memberships, Started
from darlc.io import open_dataset
from napari_darlc.canvas.comparison import Choice
from napari_darlc.opening.loading import Opened, prepare
from napari_darlc.session.session import Session
from napari_darlc.viewer_session import layers_of, session_of

_GENES, _CLUSTERS = 3000, 20
_RIVAL = "gene switch, napari-spatialdata"


def stand_in(session: Session, opened: Opened) -> None:
    """Give a session without a result smoothed views and clusters, as training would."""
    images = opened.images
    total = np.asarray(images.matrix.sum(axis=0)).ravel()
    genes = np.sort(np.argsort(-total)[:_GENES])
    smooth = images.grid.smoothed(images.expression(genes), 1.5).astype(np.float16)
    membership = np.full((len(genes), _CLUSTERS), 0.1 / (_CLUSTERS - 1), dtype=np.float32)
    membership[np.arange(len(genes)), np.arange(len(genes)) % _CLUSTERS] = 0.9
    session.begin()
    session.receive(Started("cpu", genes))
    session.receive(Denoised(smooth))
    session.receive(Memberships("joint", membership))
    session.state = "ready"


def measure_switches(
    clock: Clock, session: Session, genes: NDArray[np.int64]
) -> list[tuple[float, float]]:
    """Return what each gene took to be shown."""

    def show(gene: int) -> None:
        session.gene = gene

    return [clock.time(lambda gene=int(gene): show(gene)) for gene in genes]  # type: ignore[misc]


def measure_plain(n: int) -> list[tuple[float, float]]:
    """Return what napari takes for n pictures that follow each other in one image layer."""
    viewer = open_window()
    pictures = np.random.default_rng(0).random((2, 78, 60)).astype(np.float32)
    layer = viewer.add_image(pictures[0])
    settle()
    clock = Clock(viewer)

    def show(which: int) -> None:
        layer.data = pictures[which]

    seconds = [clock.time(lambda i=i: show(i % 2)) for i in range(n)]  # type: ignore[misc]
    viewer.close()
    return seconds


def measure_rival(python: Path | None, opened: Opened, switches: int) -> None:
    """Print the rows of napari-spatialdata, or what is missing to have them."""
    if python is None:
        print(f"{_RIVAL:<40}not measured: --rival-python names one that has it", flush=True)
        return
    adata = opened.dataset.adata
    where = np.asarray(adata.obsm["spatial"])[:, :2]
    plain = AnnData(
        adata.X, obs=adata.obs[[]].copy(), var=adata.var[[]].copy(), obsm={"spatial": where}
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plain.h5ad"
        plain.write_h5ad(path)
        rival = [str(python), "-m", "benchmarks.explorer.rival", str(path)]
        command = [*rival, "--switches", str(switches)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        said = run.stderr.strip().splitlines()
        print(f"{_RIVAL:<40}failed: {said[-1] if said else run.returncode}", flush=True)
    else:
        print(run.stdout.rstrip(), flush=True)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--switches", type=int, default=200)
    parser.add_argument(
        "--walk", type=int, default=1000, help="switches that memory is measured on"
    )
    parser.add_argument("--rival-python", type=Path, help="a Python that has napari-spatialdata")
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    print(HEAD)
    line("another picture in a plain layer", measure_plain(arguments.switches))
    viewer = open_window()
    clock = Clock(viewer)
    line("redraw of an empty viewer", [clock.redraw() for _ in range(arguments.switches)])

    opened = prepare(open_dataset(arguments.dataset))
    session = session_of(viewer)
    session.open(opened.dataset, opened.images, opened.result, opened.gene)
    if opened.result is None:
        stand_in(session, opened)
    settle()
    model = session.model
    assert model is not None

    def draw(among: NDArray[np.int64], n: int) -> NDArray[np.int64]:
        chosen: NDArray[np.int64] = rng.choice(among, n, replace=n > len(among))
        return chosen

    measure_switches(clock, session, draw(model.genes, 20))
    line("redraw of the same gene", [clock.redraw() for _ in range(arguments.switches)])
    switches = arguments.switches
    drawn = clock.drawn
    line("gene switch", measure_switches(clock, session, draw(model.genes, switches)))
    print(f"{'  draws of the canvas for each':<40}{(clock.drawn - drawn) / switches:>8.2f}")
    layers = layers_of(viewer)

    def switch() -> tuple[float, float]:
        return measure_switches(clock, session, draw(model.genes, 1))[0]

    bar = in_turn(lambda shown: setattr(layers, "colour_bar", shown), switch, switches)
    line("gene switch, without colour bar", bar[False])
    line("gene switch, with colour bar", bar[True])
    measure_rival(arguments.rival_python, opened, switches)
    every = np.arange(opened.images.n_genes)
    line("gene switch, any gene", measure_switches(clock, session, draw(every, switches)))
    layers.lay_side_by_side(True)
    settle()
    line("gene switch, side by side", measure_switches(clock, session, draw(model.genes, switches)))
    layers.gene_colours.show([Choice(), Choice(int(model.genes[0]), "raw")])
    settle()
    line(
        "gene switch, two in colours", measure_switches(clock, session, draw(model.genes, switches))
    )
    layers.gene_colours.end()
    settle()

    process = psutil.Process()
    gc.collect()
    before = process.memory_info().rss
    measure_switches(clock, session, draw(model.genes, arguments.walk))
    gc.collect()
    grown = (process.memory_info().rss - before) / 2**20
    print(f"memory after {arguments.walk} more switches: {grown:+.1f} MiB", flush=True)
    viewer.close()


if __name__ == "__main__":
    main()
