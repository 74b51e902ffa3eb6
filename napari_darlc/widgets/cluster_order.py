"""The order of the clusters' cards: largest first at the beginning, and then nothing moves."""

from __future__ import annotations

from darlc.data.clusters import Clusters


def arrange(
    now: Clusters, live: bool, before: Clusters | None = None, order: tuple[int, ...] = ()
) -> tuple[int, ...]:
    """Return the clusters to show, in their order.

    Parameters
    ----------
    now
        What is to be shown.
    live
        Training runs: a cluster that lost its last gene keeps its place.
    before, order
        What was shown, and how it was ordered; None and empty at the beginning.

    Returns
    -------
    columns
        Those shown before stay where they are, and clusters without a gene are left out. One that
        was split off follows the column on its left; while training runs, new ones come last.
        Without anything before, the largest is first.
    """
    alive = [int(column) for column in (-now.sizes).argsort(kind="stable") if now.sizes[column]]
    if before is None or not order:
        return tuple(alive)
    kept = _followed(now, before, order)
    if not live:
        kept = [column for column in kept if now.sizes[column]]
    for column in alive:
        if column in kept:
            continue
        left = None if live else max((other for other in kept if other < column), default=None)
        kept.insert(len(kept) if left is None else kept.index(left) + 1, column)
    return tuple(kept)


def _followed(now: Clusters, before: Clusters, order: tuple[int, ...]) -> list[int]:
    """Return the columns that clusters have now: as before, or, merged or split, by name."""
    if now.n_clusters == before.n_clusters:
        return list(order)
    column_of = {name: column for column, name in enumerate(now.names)}
    names = [before.names[column] for column in order]
    return [column_of[name] for name in names if name in column_of]
