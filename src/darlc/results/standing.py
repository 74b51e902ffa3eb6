"""Whether a result still belongs to the data beside it: one rule for commands and window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from darlc.errors import InputError

if TYPE_CHECKING:
    from darlc.images.sgep_images import SGEPImages
    from darlc.results.result import Result


@dataclass(frozen=True)
class Standing:
    """How a result stands to the data that it is shown with.

    Parameters
    ----------
    name
        What the data are called in sentences.
    changed
        Whether the expression is another than the one that was fitted.
    """

    name: str
    changed: bool

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what answers must be read with."""
        if not self.changed:
            return ()
        return (
            f"The expression in {self.name} has changed since the fit: clusters and embeddings "
            "are of what it was, and raw values of what it is.",
        )

    def require_unchanged(self) -> None:
        """Refuse to go on where new genes would not compare with the modelled ones.

        Raises
        ------
        InputError
            The expression is another than the one that was fitted.
        """
        if self.changed:
            raise InputError(
                f"the expression in {self.name} has changed since the fit, so that other genes "
                "would not compare with the modelled ones: use the file that darlc wrote, or fit "
                "again."
            )


def standing(result: Result, images: SGEPImages, name: str) -> Standing:
    """Compare a result with the images of the data beside it.

    Parameters
    ----------
    result
        Of an earlier fit.
    images
        All genes of the data.
    name
        What to call the data in sentences.

    Raises
    ------
    InputError
        They lie on other pixels, so that the result cannot be drawn over them.
    """
    if not np.array_equal(images.grid.mask, result.grid.mask):
        raise InputError(f"the result in {name} lies on other pixels than its data: fit again.")
    return Standing(name, bool(result.fingerprint) and images.fingerprint != result.fingerprint)
