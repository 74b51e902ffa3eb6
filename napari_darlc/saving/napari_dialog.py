"""Choose the writer by the name of a file, whatever type is selected in napari's dialog.

napari's dialog for saving layers starts with its own image type, whose writer is then used for any
name: ``genes.gmt`` fails.
"""

from __future__ import annotations

import os

from napari.components import LayerList
from napari.layers import Image
from napari.viewer import ViewerModel
from npe2 import PluginManager
from npe2.manifest.contributions import WriterContribution

from napari_darlc import PLUGIN
from napari_darlc.napari_private.choosing_writers import AsNapari, choose_writers


def save_by_name(viewer: ViewerModel) -> None:
    """Use our writers for names with our suffixes, and never for others.

    Parameters
    ----------
    viewer
        Whose layers are saved.
    """
    choose_writers(viewer, _save)


def _save(
    layers: LayerList,
    name: str,
    selected: bool,
    writer: WriterContribution | None,
    as_napari: AsNapari,
) -> list[str]:
    ours, fits = _ours(name), _match(writer, name)
    wanted = [each for each in layers if each in layers.selection or not selected]
    pictures = [each for each in wanted if isinstance(each, Image)]
    if pictures and ours is not None and _match(ours, name) > fits:
        data, meta, _ = pictures[-1].as_layer_data_tuple()
        return ours.exec(args=(name, data, meta)) or []
    if ours is None and _is_ours(writer) and os.path.splitext(name)[1]:
        writer = None
    return as_napari(writer)


def _ours(name: str) -> WriterContribution | None:
    """Return our writer with the longest suffix that a name has; None where there is none."""
    manager = PluginManager.instance()
    if PLUGIN not in manager:
        return None
    writers = manager.get_manifest(PLUGIN).contributions.writers or []
    best = max(writers, key=lambda each: _match(each, name))
    return best if _match(best, name) else None


def _match(writer: WriterContribution | None, name: str) -> int:
    """Return the length of the longest of a writer's extensions that a name ends with, or 0."""
    extensions = [] if writer is None else writer.filename_extensions
    return max((len(each) for each in extensions if name.lower().endswith(each)), default=0)


def _is_ours(writer: WriterContribution | None) -> bool:
    return writer is not None and writer.plugin_name == PLUGIN
