"""File › Save: writes parts of a viewer's session, by the suffix of the file, in a thread."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_darlc.session.session import Session

_VIEWS = (".ome.tif", ".ome.tiff")


def write_result(path: str, data: Any, attributes: dict[str, Any]) -> list[str]:
    """Write the viewer's result file, ``.h5ad`` or ``.zarr``.

    Returns its path; nothing where there is no result.
    """
    from darlc.io.store import check_target
    from napari_darlc.saving.writing import save_result

    session = _session_with_result()
    target = _named(path, (".h5ad", ".zarr"))
    if session is None or target is None:
        return []
    source = None if session.dataset is None else session.dataset.path
    check_target(target, source)  # raises, so that napari does not report the file as saved
    save_result(session, target)
    return [str(target)]


def write_clusters(path: str, data: Any, attributes: dict[str, Any]) -> list[str]:
    """Write the edited clusters: as a table, ``.csv``, or as gene sets, ``.gmt``."""
    from napari_darlc.saving.exporting import export_clusters

    session = _session_with_result()
    target = _named(path, (".csv", ".gmt"))
    if session is None or target is None:
        return []
    export_clusters(session, target)
    return [str(target)]


def write_views(path: str, data: Any, attributes: dict[str, Any]) -> list[str]:
    """Write denoised views as OME-TIFF: of the selected genes, or of all that have one."""
    import numpy as np

    from darlc.images.gene_labels import NamedGenes
    from darlc.io.export import write_views_tiff
    from napari_darlc.saving.writing import write_aside

    session = _session_with_result()
    if session is None or session.result is None or session.model is None:
        return []
    if session.dataset is None or (target := _named(path, _VIEWS)) is None:
        return []
    result, genes = session.result, session.model.genes
    rows = np.flatnonzero(np.isin(genes, session.selection))
    if not len(rows):
        rows = np.arange(len(genes))
    job = partial(
        write_views_tiff,
        target,
        NamedGenes.of(session.dataset.adata, result.gene_names[rows]).in_full(),
        result.denoised[rows],
        result.grid,
    )
    write_aside("The stack of denoised views", target, job)
    return [str(target)]


def _named(path: str, suffixes: tuple[str, ...]) -> Path | None:
    """Return the path with the suffix of its kind; None where that is another, existing file."""
    from napari_darlc.notifications import show_error

    if path.lower().endswith(suffixes):
        return Path(path)
    target = Path(path + suffixes[0])
    if target.exists():
        # The dialog has only asked about the name without suffix.
        show_error(f"{target.name} already exists: to replace it, type its whole name.")
        return None
    return target


def _session_with_result() -> Session | None:
    """Return the calling viewer's session; None, with a notification, if it cannot be saved."""
    from napari_darlc.notifications import show_error
    from napari_darlc.opening.calling_viewer import calling_viewer
    from napari_darlc.viewer_session import session_of, viewers

    viewer = calling_viewer(viewers())
    session = None if viewer is None else session_of(viewer)
    if session is None or session.result is None:
        show_error("There is no result to save yet: train first.")
        return None
    if session.running:
        # During training, some of what is shown is of the old result and some of the new one.
        show_error("Training is running: wait for its end or stop it, then save.")
        return None
    return session
