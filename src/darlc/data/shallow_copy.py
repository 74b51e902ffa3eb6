"""A second AnnData over the same arrays, so that keys can be added without touching the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from darlc.data.native import native

if TYPE_CHECKING:
    from anndata import AnnData


def shallow_copy(adata: AnnData) -> AnnData:
    """Return an AnnData that shares the matrices, with tables and mappings of its own.

    Adding, replacing or removing keys does not change ``adata``; writing into an array does.
    Views and files that are read on demand are brought into memory, and columns of foreign byte
    order are converted to this machine's, which pandas needs.
    """
    from anndata import AnnData

    if adata.isbacked:
        adata = adata.to_memory()
    elif adata.is_view:
        adata = adata.copy()
    return AnnData(
        X=adata.X,
        obs=native(adata.obs.copy(deep=False)),
        var=native(adata.var.copy(deep=False)),
        uns=dict(adata.uns),
        obsm=dict(adata.obsm),
        varm=dict(adata.varm),
        layers=dict(adata.layers),
        obsp=dict(adata.obsp),
        varp=dict(adata.varp),
        raw=adata.raw,
    )
