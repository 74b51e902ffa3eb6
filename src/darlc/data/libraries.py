"""Libraries in ``uns["spatial"]``, where programs may store other things too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from anndata import AnnData


def libraries(adata: AnnData) -> dict[str, Mapping[str, Any]]:
    """Return the libraries of ``uns["spatial"]`` by name; other entries are ignored."""
    found = mapping(adata.uns.get("spatial"))
    return {str(name): each for name, each in found.items() if isinstance(each, Mapping)}


def images(library: Mapping[str, Any]) -> dict[str, Any]:
    """Return the pictures of a library by name."""
    return {str(name): picture for name, picture in mapping(library.get("images")).items()}


def scale_factor(library: Mapping[str, Any], name: str) -> float:
    """Return one of a library's scale factors, such as ``"spot_diameter_fullres"``; NaN if none."""
    return number(mapping(library.get("scalefactors")).get(name))


def number(value: Any) -> float:
    """Return a value as a number; NaN where it is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def mapping(value: Any) -> Mapping[Any, Any]:
    """Return a mapping; an empty one for any other value."""
    return value if isinstance(value, Mapping) else {}
