"""The user's preferences, stored in napari's settings and shown in its Preferences."""

from __future__ import annotations

from typing import Any

from napari.settings import get_plugin_settings

from napari_darlc import PLUGIN


def remembered(group: str, name: str) -> Any:
    """Return a preference; the manifest (``configurations``) defines them.

    Parameters
    ----------
    group
        Key of the configuration, such as ``"training"``.
    name
        Key of one of its properties.
    """
    return getattr(getattr(get_plugin_settings(PLUGIN), group), name)


def remember(group: str, name: str, value: Any) -> None:
    """Store a preference; an invalid value is not stored.

    Parameters
    ----------
    group
        Key of the configuration.
    name
        Key of one of its properties.
    value
        The value.
    """
    chosen = getattr(get_plugin_settings(PLUGIN), group)
    if getattr(chosen, name) != value:
        setattr(chosen, name, value)
