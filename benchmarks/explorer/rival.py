"""How fast napari-spatialdata shows another gene, measured as ``explorer_switch`` measures ours.

``PYTHON -m benchmarks.explorer.rival FILE.h5ad`` runs where napari-spatialdata is installed, and
needs nothing of ours; ``explorer_switch --rival-python PYTHON`` runs it by itself. The observations
are drawn as circles, as its own readers draw them, without the tissue image that we draw beneath
the genes; a gene is chosen as its users choose one, by a double click in its list.
"""

from __future__ import annotations

import argparse

import anndata
import numpy as np
from napari_spatialdata import Interactive  # type: ignore[import-not-found]
from scipy.spatial import cKDTree
from spatialdata import SpatialData
from spatialdata.models import ShapesModel, TableModel

from benchmarks.explorer.window import Clock, line, open_window, settle


def as_spatial_data(adata: anndata.AnnData) -> SpatialData:
    """Return the observations as circles that just do not touch, and what they express."""
    where = np.asarray(adata.obsm["spatial"], dtype=float)
    nearest = cKDTree(where).query(where, k=2)[0][:, 1]
    shapes = ShapesModel.parse(where, geometry=0, radius=float(np.median(nearest)) * 0.275)
    adata.obs["region"] = np.repeat("observations", adata.n_obs)
    adata.obs["region"] = adata.obs["region"].astype("category")
    adata.obs["instance"] = np.arange(adata.n_obs)
    table = TableModel.parse(
        adata, region="observations", region_key="region", instance_key="instance"
    )
    return SpatialData(shapes={"observations": shapes}, tables={"table": table})


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file")
    parser.add_argument("--switches", type=int, default=60)
    arguments = parser.parse_args()
    viewer = open_window()
    # It takes the viewer that is there.
    interactive = Interactive(as_spatial_data(anndata.read_h5ad(arguments.file)), headless=True)
    interactive.add_element("observations", "global")
    while not viewer.layers:  # they come from a thread
        settle()
    viewer.layers.selection.active = viewer.layers[-1]
    settle()
    view = viewer.window.dock_widgets["View (napari-spatialdata)"]
    listed = view.var_widget
    clock = Clock(viewer)
    line("  its redraw of the same gene", [clock.redraw() for _ in range(arguments.switches)])
    chosen = np.random.default_rng(0).choice(listed.count(), arguments.switches + 3)
    seconds = [
        clock.time(lambda row=int(row): listed.itemDoubleClicked.emit(listed.item(row)))  # type: ignore[misc]
        for row in chosen
    ]
    # The first ones bring shaders and glyphs with them.
    line("gene switch, napari-spatialdata", seconds[3:])
    viewer.close()


if __name__ == "__main__":
    main()
