"""Open datasets that are dropped or opened by menu without napari's dialog about readers.

napari asks which reader to use whenever two plugins accept a path, and its own reader accepts all
folders and many files. Once this plugin is in use in a window, there is no dialog: a dataset is
opened, and other paths go to the only other reader.

Before the first use napari only knows the manifest, in which a reader can list names, but neither
the content of a folder nor a priority. So the first use stores a preference for folders, which
napari's Preferences show: from then on folders are read by this plugin first in every window, and
those that are not datasets are passed on to napari. Before the first use napari asks about a
dropped folder, and about tables: ``napari-darlc`` is one of the two answers.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from napari.plugins.utils import get_preferred_reader
from napari.settings import get_settings
from napari.viewer import ViewerModel
from npe2 import PluginManager

from darlc.io import find_format
from darlc.io.study.study_file import is_study
from darlc.io.tables.gmt import is_collection
from napari_darlc import PLUGIN
from napari_darlc.napari_private.choosing_readers import AsNapari, choose_readers
from napari_darlc.session.preferences import remembered

#: Any folder, as napari's preferences for readers name it.
_FOLDERS = "*/"


def open_datasets_directly(
    viewer: ViewerModel, open_path: Callable[[ViewerModel, Path], None]
) -> None:
    """Skip the dialog where the reader is clear and the user has not chosen one.

    Parameters
    ----------
    viewer
        In whose window files are dropped and opened by menu.
    open_path
        Opens a path in a viewer.
    """
    prefer_folders()

    def choose(viewer: ViewerModel, filenames: list[str], as_napari: AsNapari) -> None:
        if not {get_preferred_reader(path) for path in filenames} <= {None, PLUGIN}:
            as_napari(None)
            return
        ours = [path for path in filenames if _is_ours(path)]
        if filenames and len(ours) == len(filenames):
            for path in ours:
                open_path(viewer, Path(path))
        elif not ours and (reader := _only_other_reader(filenames)) is not None:
            try:
                as_napari(reader)
            except Exception:  # readers raise many kinds of errors
                for path in filenames:  # which shows which dataset was expected
                    open_path(viewer, Path(path))
        else:
            as_napari(None)

    choose_readers(viewer, choose)


def _is_ours(path: str) -> bool:
    return is_collection(path) or find_format(path) is not None or is_study(Path(path))


def prefer_folders() -> None:
    """Set or remove napari's preference for folders, by the user's preferences."""
    plugins = get_settings().plugins
    chosen = dict(plugins.extension2reader)
    wanted = remembered("explorer", "folders")
    if wanted and _FOLDERS not in chosen:
        plugins.extension2reader = {**chosen, _FOLDERS: PLUGIN}
    elif not wanted and chosen.get(_FOLDERS) == PLUGIN:
        del chosen[_FOLDERS]
        plugins.extension2reader = chosen


def _only_other_reader(paths: list[str]) -> str | None:
    """Return the only other plugin that can read paths; None where there are several."""
    manager = PluginManager.instance()
    claims = [
        {reader.plugin_name for reader in manager.iter_compatible_readers([path])} for path in paths
    ]
    others = {frozenset(names - {PLUGIN}) for names in claims}
    if len(others) != 1 or not all(PLUGIN in names for names in claims):
        return None
    (names,) = others
    return next(iter(names)) if len(names) == 1 else None
