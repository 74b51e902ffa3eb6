"""Whether genes follow a quantity more than their power at its spatial frequencies explains.

The variance of what is expected by chance is the sum over bands of the quantity's power there times
the gene's mean power of a mode, once the quantity's effect is removed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from darlc.explore.parts.modes import SmoothModes


@dataclass(frozen=True, eq=False)
class BandVariance:
    """What g genes vary by in each band of spatial frequency, beside an effect.

    Parameters
    ----------
    variance
        (bands + 1, g) of a mode; the last is the residual's. Coarser bands have at least the
        variance of finer ones, since the power of a few modes may be small by chance.
    freedom
        (bands + 1, 1) degrees of freedom of each.
    effect
        (g,) of the quantity, which was removed: the gene's slope on it.
    product
        (g,) sum of the products of gene and quantity.
    """

    variance: NDArray[np.float64]
    freedom: NDArray[np.float64]
    effect: NDArray[np.float64]
    product: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        space: SmoothModes,
        power: NDArray[np.float64],
        quantity: NDArray[np.float64],
        product: NDArray[np.float64],
    ) -> Self:
        """Return it from powers (bands + 1, g) of genes, of the quantity, and their products.

        Those of the quantity are (bands + 1, 1).
        """
        leverage = quantity / quantity.sum()
        effect = product.sum(axis=0) / quantity.sum()
        residual = power - 2 * effect * product + effect**2 * quantity
        freedom = np.maximum(space.sizes[:, None] - leverage, 0.5)
        variance = np.maximum(residual, 0.0) / freedom
        variance = np.maximum.accumulate(variance[::-1], axis=0)[::-1]
        return cls(variance, freedom, effect, product.sum(axis=0))

    def expected(
        self, quantity: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the variance (g,) of products with a quantity, and its degrees of freedom.

        The quantity is given by its powers (bands + 1, 1); the degrees are Satterthwaite's.
        """
        parts = quantity * self.variance
        total = parts.sum(axis=0)
        spread = (parts**2 / self.freedom).sum(axis=0)
        degrees = np.divide(total**2, spread, out=np.zeros_like(total), where=spread > 0)
        return total, degrees


@dataclass(frozen=True, eq=False)
class BandTest:
    """Student's t of g genes whose variance is estimated by band of spatial frequency.

    Parameters
    ----------
    varies
        (g,) whether the gene varies; the others have t and correlation 0, and p 1.
    statistic, degrees
        (g,) t, and its degrees of freedom.
    variance
        (g,) of the product of gene and quantity that is expected by chance; 1 where it does not
        vary.
    p
        (g,) two-sided.
    correlation
        (g,) of gene and quantity.
    """

    varies: NDArray[np.bool_]
    statistic: NDArray[np.float64]
    degrees: NDArray[np.float64]
    variance: NDArray[np.float64]
    p: NDArray[np.float64]
    correlation: NDArray[np.float64]


def band_test(
    space: SmoothModes,
    quantity: NDArray[np.float64],
    whole: float,
    amplitudes: NDArray[np.float64],
    products: NDArray[np.float64],
    power: NDArray[np.float64],
    least: NDArray[np.float64],
    within: NDArray[np.float64] | float = 1.0,
) -> BandTest:
    """Test genes against a quantity over the tissue.

    Parameters
    ----------
    space
        The modes.
    quantity, whole
        (m,) amplitudes of the quantity, whose mean is 0, and the sum of its squares.
    amplitudes
        (m, g) of the genes.
    products
        (g,) sums of products of gene and quantity.
    power
        (bands + 1, g) of the genes.
    least
        (g,) variance that a gene that varies has more of.
    within
        (m,) variance of a mode that is expected, over the mean of its band.
    """
    of_quantity = np.maximum(space.by_band(quantity**2, whole), 0.0)[:, None]
    product = space.by_band(quantity[:, None] * amplitudes, products)
    found = BandVariance.of(space, power, of_quantity, product)
    weighted = space.by_band(quantity**2 * (within - 1), 0.0)
    weighted[-1] = 0.0
    variance, degrees = found.expected(np.maximum(of_quantity + weighted[:, None], 0.0))
    varies = variance > least
    safe = np.where(varies, variance, 1.0)
    statistic = np.where(varies, found.product / np.sqrt(safe), 0.0)
    tail = stats.t.sf(np.abs(statistic), np.where(varies, degrees, 1.0))
    scale = np.sqrt(np.where(varies, power.sum(axis=0) * of_quantity.sum(), 1.0))
    correlation = np.where(varies, found.product / scale, 0.0)
    return BandTest(
        varies=varies,
        statistic=statistic,
        degrees=np.where(varies, degrees, 0.0),
        variance=safe,
        p=np.where(varies, np.minimum(2 * tail, 1.0), 1.0),
        correlation=np.clip(correlation, -1.0, 1.0),
    )
