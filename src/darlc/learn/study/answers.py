"""What a study answers of its genes, before networks are trained towards it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Answers:
    """Of all genes with an answer: their positions (G,), and what `StudyResult` holds of them."""

    genes: NDArray[np.int64]
    membership: NDArray[np.float32]
    in_section: NDArray[np.float32]
    keeps: NDArray[np.float32]
    evidence: NDArray[np.float32]
    constancy: float
