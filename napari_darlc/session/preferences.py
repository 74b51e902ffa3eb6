"""What the user chose last, kept by napari's own settings and shown in its Preferences."""

from __future__ import annotations

from typing import Any

from napari.settings import get_plugin_settings

from napari_darlc import PLUGIN


def remembered(group: str, name: str) -> Any:
    """Return a preference; the manifest (``configurations``) says which there are.

    Parameters
    ----------
    group
        Key of the configuration, such as ``"training"``.
    name
        Key of one of its properties.
    """
    return getattr(getattr(get_plugin_settings(PLUGIN), group), name)


def remember(group: str, name: str, value: Any) -> None:
    """Keep a preference; one that its rules do not allow is not kept.

    Parameters
    ----------
    group
        Key of the configuration.
    name
        Key of one of its properties.
    value
        What the user chose.
    """
    chosen = getattr(get_plugin_settings(PLUGIN), group)
    if getattr(chosen, name) != value:
        setattr(chosen, name, value)
