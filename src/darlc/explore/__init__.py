"""Questions asked of a result: one question a module, imported when it is first asked."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from darlc.explore import chosen_genes as chosen_genes
    from darlc.explore import distance as distance
    from darlc.explore import enrichment as enrichment
    from darlc.explore import gene_map as gene_map
    from darlc.explore import gene_set_enrichment as gene_set_enrichment
    from darlc.explore import markers as markers
    from darlc.explore import pair_tests as pair_tests
    from darlc.explore import pattern as pattern
    from darlc.explore import polygons as polygons
    from darlc.explore import region as region
    from darlc.explore import representatives as representatives
    from darlc.explore import set_picture as set_picture
    from darlc.explore import similar as similar
    from darlc.explore import two_results as two_results
    from darlc.explore import variability as variability

__all__ = [
    "chosen_genes",
    "distance",
    "enrichment",
    "gene_map",
    "gene_set_enrichment",
    "markers",
    "pair_tests",
    "pattern",
    "polygons",
    "region",
    "representatives",
    "set_picture",
    "similar",
    "two_results",
    "variability",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return import_module(f"darlc.explore.{name}")
    raise AttributeError(f"module 'darlc.explore' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
