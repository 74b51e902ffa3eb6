"""A dataset that is dropped or opened by menu is read at once, without a question about readers.

Napari asks which reader to use whenever two plugins accept a path, and its own reader accepts all
folders and many files. Once this plugin is in use in a window, nobody is asked: a dataset is
opened, and what is none goes to the one reader that is left.

Before that napari knows the manifest only, in which a reader can say which names it takes, neither
what a folder must hold nor that it goes first. So the first use writes a preference for folders,
which napari's Preferences show: from then on folders come to us first in every window, and what is
no dataset goes on to napari. Only before the plugin was ever used a dropped folder is asked about,
as are tables: ``napari-darlc`` is one of the two answers.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from napari.plugins.utils import get_preferred_reader
from napari.settings import get_settings
from napari.viewer import ViewerModel
from npe2 import PluginManager

from darlc.io import find_format
from napari_darlc import PLUGIN
from napari_darlc.napari_private.choosing_readers import AsNapari, choose_readers
from napari_darlc.session.preferences import remembered

#: Any folder, as napari's preferences for readers name it.
_FOLDERS = "*/"


def open_datasets_directly(
    viewer: ViewerModel, open_path: Callable[[ViewerModel, Path], None]
) -> None:
    """Answer for the user where the answer is known and the user has not chosen a reader.

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
        ours = [path for path in filenames if find_format(path) is not None]
        if filenames and len(ours) == len(filenames):
            for path in ours:
                open_path(viewer, Path(path))
        elif not ours and (reader := _only_other_reader(filenames)) is not None:
            try:
                as_napari(reader)
            except Exception:  # whatever a reader raises about what it cannot read
                for path in filenames:  # which says what we would have needed
                    open_path(viewer, Path(path))
        else:
            as_napari(None)

    choose_readers(viewer, choose)


def prefer_folders() -> None:
    """Have napari ask us first about folders, or no more, as the user's preferences are."""
    plugins = get_settings().plugins
    chosen = dict(plugins.extension2reader)
    wanted = remembered("explorer", "folders")
    if wanted and _FOLDERS not in chosen:
        plugins.extension2reader = {**chosen, _FOLDERS: PLUGIN}
    elif not wanted and chosen.get(_FOLDERS) == PLUGIN:
        del chosen[_FOLDERS]
        plugins.extension2reader = chosen


def _only_other_reader(paths: list[str]) -> str | None:
    """Return the plugin that reads what we do not; None where it is for the user to choose."""
    manager = PluginManager.instance()
    claims = [
        {reader.plugin_name for reader in manager.iter_compatible_readers([path])} for path in paths
    ]
    others = {frozenset(names - {PLUGIN}) for names in claims}
    if len(others) != 1 or not all(PLUGIN in names for names in claims):
        return None
    (names,) = others
    return next(iter(names)) if len(names) == 1 else None
