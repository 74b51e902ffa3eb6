"""Small tissues, results and windows that the plugin's tests share."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import napari
import numpy as np
import pytest
from anndata import AnnData
from napari.settings import get_plugin_settings
from napari.utils.notifications import Notification, notification_manager
from npe2 import PluginManager, PluginManifest
from PIL import Image
from pytestqt.qtbot import QtBot
from qtpy.QtWidgets import QApplication
from scipy import sparse
from waiting import PatientQtBot

import napari_darlc
from darlc.config import Config
from darlc.data.dataset import Dataset
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.results.result import Result
from darlc.results.study import StudyResult
from napari_darlc.session.session import Session
from napari_darlc.session.signals import failures

#: Genes of the small tissues; the last ones are left out of the model.
N_GENES, N_MODELLED, N_CLUSTERS = 12, 9, 3


def pytest_collection_finish() -> None:
    """Take what was imported out of the garbage collector's sight.

    Each window that ends is looked for among all objects several times, and nearly all of them are
    those of modules, which never go.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def plugin() -> Iterator[None]:
    """Make napari know the plugin, also where it is not installed, before it shows a window."""
    manager = PluginManager.instance()
    manager.discover()
    if "napari-darlc" not in manager:
        manifest = Path(napari_darlc.__file__).with_name("napari.yaml")
        manager.register(PluginManifest.from_file(manifest))
    with pytest.MonkeyPatch.context() as patch:
        # Each window would read all manifests again, and find nothing new.
        patch.setattr(PluginManifest, "discover", lambda *_args, **_options: ())
        yield


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    """Return a QtBot that has the patience that a busy machine needs."""
    return PatientQtBot(request)


@pytest.fixture(autouse=True)
def no_preferences(plugin: None) -> None:
    """Forget what an earlier test chose."""
    chosen = get_plugin_settings("napari-darlc")
    for group in ("training", "explorer"):
        setattr(chosen, group, type(getattr(chosen, group))())
    # Only the tests of the workspace wait for its docks.
    chosen.explorer.docks = ""


@pytest.fixture(autouse=True)
def listeners_failed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Exception]]:
    """Return what listeners of the plugin's signals raised; a test that leaves any there fails."""
    raised: list[Exception] = []
    monkeypatch.setattr(failures, "note", lambda _listener, error: raised.append(error))
    yield raised
    if raised:
        raise raised[0]


@pytest.fixture
def layout(request: pytest.FixtureRequest) -> str:
    """Return the layout of the tissue's grid; tests may ask for others by indirect parameters."""
    return str(getattr(request, "param", "hexagonal"))


def make_adata(layout: str = "hexagonal", seed: int = 0) -> AnnData:
    """Make a round tissue whose genes follow three stripes, with a picture of itself.

    A spot lies at 20 units from the next; the picture is dark exactly where there are spots.
    """
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:12, :10]
    row, column = rows.ravel(), columns.ravel()
    array_col = 2 * column + row % 2 if layout == "hexagonal" else column
    pitch = np.array([10.0, 17.3]) if layout == "hexagonal" else np.array([20.0, 20.0])
    where = np.column_stack([array_col, row]) * pitch + 60.0
    inside = np.hypot(*((where - where.mean(axis=0)) / np.ptp(where, axis=0)).T) < 0.52
    row, array_col, where = row[inside], array_col[inside], where[inside]
    stripe = np.digitize(row, [4, 8])
    truth = np.arange(N_GENES) % N_CLUSTERS
    rate = np.where(stripe[:, None] == truth, 8.0, 1.0)
    adata = AnnData(sparse.csr_matrix(rng.poisson(rate).astype(np.float32)))
    adata.var_names = [f"Gene{i}" for i in range(N_GENES)]
    adata.obs["array_row"], adata.obs["array_col"] = row, array_col
    adata.obsm["spatial"] = where
    picture = np.full((80, 70, 3), 250, dtype=np.uint8)
    # At a quarter of the size, a spot of radius 12 has one of 3.
    y, x = np.mgrid[:80, :70]
    for spot_x, spot_y in where / 4:
        picture[np.hypot(y - spot_y + 0.375, x - spot_x + 0.375) < 3] = 60
    adata.uns["spatial"] = {
        "library": {
            "images": {"lowres": picture},
            "scalefactors": {"tissue_lowres_scalef": 0.25, "spot_diameter_fullres": 11.0},
        }
    }
    return adata


def fit_well(images: SGEPImages, seed: int = 0) -> Result:
    """Make the result that a good fit of ``make_adata`` would have."""
    rng = np.random.default_rng(seed)
    genes = np.arange(N_MODELLED)
    membership = np.full((N_MODELLED, N_CLUSTERS), 0.1, dtype=np.float32)
    membership[genes, genes % N_CLUSTERS] = 0.8
    smoother = images.grid.smoother(1.0)
    return Result(
        gene_names=images.gene_names[:N_MODELLED],
        embedding=rng.normal(size=(N_MODELLED, 4)).astype(np.float32),
        membership=membership,
        denoised=(images.expression(genes) @ smoother.T).astype(np.float16),
        grid=images.grid,
        observation_pixel=images.observation_pixel,
        config=Config.from_preset("quick", clusters=N_CLUSTERS),
        history={"joint/total": np.array([2.0, 1.5, 1.2])},
    )


@pytest.fixture
def dataset(layout: str) -> Dataset:
    """Return a small tissue."""
    return Dataset(make_adata(layout), Path(f"{layout}.h5ad"), "h5ad")


@pytest.fixture
def section_folder(tmp_path: Path) -> Path:
    """Return the small tissue as a folder that Space Ranger would have written."""
    adata = make_adata()
    adata.obs_names = [f"SPOT{i}-1" for i in range(adata.n_obs)]
    folder = tmp_path / "section"
    spatial = folder / "spatial"
    spatial.mkdir(parents=True)
    library = adata.uns["spatial"]["library"]
    (spatial / "scalefactors_json.json").write_text(json.dumps(library["scalefactors"]))
    Image.fromarray(library["images"]["lowres"]).save(spatial / "tissue_lowres_image.png")
    positions = adata.obs.assign(in_tissue=1)[["in_tissue", "array_row", "array_col"]]
    positions[["pxl_row_in_fullres", "pxl_col_in_fullres"]] = adata.obsm["spatial"][:, ::-1]
    positions.to_csv(spatial / "tissue_positions.csv", index_label="barcode")
    by_spot = sparse.csc_matrix(adata.X.T.astype(np.int32))
    with h5py.File(folder / "filtered_feature_bc_matrix.h5", "w") as file:
        matrix = file.create_group("matrix")
        matrix["shape"], matrix["data"] = by_spot.shape, by_spot.data
        matrix["indices"], matrix["indptr"] = by_spot.indices, by_spot.indptr
        matrix["barcodes"] = adata.obs_names.to_numpy().astype("S")
        names = adata.var_names.to_numpy().astype("S")
        matrix["features/id"], matrix["features/name"] = names, names
        matrix["features/feature_type"] = np.full(len(names), b"Gene Expression")
    return folder


@pytest.fixture(params=["made up", pytest.param("real", marks=pytest.mark.real_data)])
def any_section_folder(request: pytest.FixtureRequest, section_folder: Path) -> Path:
    """Return a Space Ranger folder: a made-up one, and a real one where there are real data."""
    if request.param == "real":
        return Path(request.getfixturevalue("real_data")) / "visium_mouse"
    return section_folder


@pytest.fixture
def images(dataset: Dataset) -> SGEPImages:
    """Return the small tissue's SGEP images."""
    return rasterize(dataset.adata)


@pytest.fixture
def result(images: SGEPImages) -> Result:
    """Return a result on the small tissue; the last three genes are not modelled."""
    return fit_well(images)


@pytest.fixture
def make_result() -> Callable[[SGEPImages], Result]:
    """Return what makes a result on other images of the small tissue."""
    return fit_well


@pytest.fixture
def study_folder(tmp_path: Path) -> Path:
    """Return the folder of two sections; Gene8 changes in the second, which lacks Gene1.

    Their genes are not in one order.
    """
    adatas = {"ctrl": make_adata(), "treated": make_adata(seed=1)[:, ::-1].copy()}
    adatas["treated"] = adatas["treated"][:, adatas["treated"].var_names != "Gene1"].copy()
    genes = np.array([f"Gene{i}" for i in range(N_MODELLED)])
    membership = np.full((N_MODELLED, N_CLUSTERS), 0.1, dtype=np.float32)
    membership[np.arange(N_MODELLED), np.arange(N_MODELLED) % N_CLUSTERS] = 0.8
    sections = np.stack([membership, membership])
    keeps = np.full((N_MODELLED, 2), 0.99, dtype=np.float32)
    keeps[8, 1], sections[1, 8] = 0.02, np.float32([0.9, 0.05, 0.05])
    keeps[7, 1] = 0.3
    keeps[1, 1] = np.nan
    results = []
    for adata in adatas.values():
        images = rasterize(adata)
        own = np.flatnonzero(np.isin(genes, images.gene_names))
        smoother = images.grid.smoother(1.0)
        results.append(
            Result(
                gene_names=genes[own],
                embedding=np.ones((len(own), 4), dtype=np.float32),
                membership=membership[own],
                denoised=(images.expression(images.index(list(genes[own]))) @ smoother.T).astype(
                    np.float16
                ),
                grid=images.grid,
                observation_pixel=images.observation_pixel,
                config=Config.from_preset("quick", clusters=N_CLUSTERS),
                history={},
                fingerprint=images.fingerprint,
                adata=adata,
            )
        )
    study = StudyResult(
        section_names=tuple(adatas),
        gene_names=genes,
        membership=membership,
        section_membership=sections,
        keeps=keeps,
        molecules=np.full((N_MODELLED, 2), 50, dtype=np.int64),
        constancy=0.95,
        drawing=np.ones(N_MODELLED, dtype=bool),
        sections=tuple(results),
        config=results[0].config,
    )
    return study.save(tmp_path / "study", on_note=lambda _note: None)


@pytest.fixture
def session_with_tissue(dataset: Dataset, images: SGEPImages) -> Session:
    """Return a session that shows the small tissue, without a window."""
    session = Session()
    session.open(dataset, images)
    return session


@pytest.fixture
def notifications() -> Iterator[list[Notification]]:
    """Return what the user was told during the test."""
    told: list[Notification] = []

    def listen(notification: Notification) -> None:
        told.append(notification)

    notification_manager.notification_ready.connect(listen)
    yield told
    notification_manager.notification_ready.disconnect(listen)


@pytest.fixture
def viewer(make_napari_viewer: Callable[..., napari.Viewer]) -> napari.Viewer:
    """Return a real window."""
    window: napari.Viewer = make_napari_viewer(show=True)
    return window
