"""Whether a result was fitted to the data beside it: one rule for commands and window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darlc.errors import InputError

if TYPE_CHECKING:
    from darlc.images.sgep_images import SGEPImages
    from darlc.results.result import Result


@dataclass(frozen=True)
class DataMatch:
    """Whether a result fits the data that it is shown with.

    Parameters
    ----------
    name
        Name of the data for messages.
    changed
        Whether the expression is another than the one that was fitted.
    """

    name: str
    changed: bool

    @property
    def notes(self) -> tuple[str, ...]:
        """Warnings to show with the result."""
        if not self.changed:
            return ()
        return (
            f"The expression in {self.name} has changed since the fit: clusters and embeddings "
            "are of what it was, and raw values of what it is.",
        )


def data_match(result: Result, images: SGEPImages, name: str) -> DataMatch:
    """Compare a result with the images of the data beside it.

    Parameters
    ----------
    result
        Of an earlier fit.
    images
        All genes of the data.
    name
        Name of the data for messages.

    Raises
    ------
    InputError
        The pixels differ, so that the result cannot be drawn over the data.
    """
    if not np.array_equal(images.grid.mask, result.grid.mask):
        raise InputError(f"the result in {name} lies on other pixels than its data: fit again.")
    known = result.fingerprint
    return DataMatch(name, bool(known) and not images.has_fingerprint(known))
