"""How often genes are called enriched in regions that they have nothing to do with.

``python -m benchmarks.speed.regions`` draws discs and bands anywhere in simulated tissues and
prints the share of genes with p ≤ .05 and with an FDR ≤ .05: of genes without a pattern, of genes
with a pattern of their own, and of genes whose pattern the region is. Beside it stands the rank-sum
test, which takes observations for independent.
"""

from __future__ import annotations

import argparse
from collections import defaultdict

import numpy as np
from anndata import AnnData
from numpy.typing import NDArray
from scipy import stats

from darlc.explore.region import Regions
from darlc.images.sgep_images import rasterize
from darlc.simulation.tissue import Nuisance, Platform, simulate

TISSUES: dict[str, tuple[Platform, tuple[Nuisance, ...]]] = {
    "visium": ("visium", ()),
    "visium, uneven library": ("visium", ("library", "stripes")),
    "st": ("st", ()),
    "slideseq": ("slideseq", ()),
    "merfish": ("merfish", ()),
}
SHARES = (0.03, 0.1, 0.3)
_SURE = 0.05


def draw_region(
    random: np.random.Generator, places: NDArray[np.float64], share: float
) -> NDArray[np.bool_]:
    """Return a disc or a band anywhere in the tissue that holds a share of the observations."""
    away = places - places[random.integers(len(places))]
    angle = random.uniform(0, np.pi)
    if random.random() < 0.5:
        distance = np.abs(away @ [np.cos(angle), np.sin(angle)])
    else:
        distance = np.hypot(*away.T)
    return np.asarray(distance <= np.quantile(distance, share))


def measure(adata: AnnData, n_regions: int, seed: int) -> dict[str, list[float]]:
    """Return shares of genes by "genes, test, threshold", one value a region."""
    regions = Regions(adata, rasterize(adata))
    label = adata.var["pattern"].astype(str).to_numpy()[regions.genes]
    expression = adata.X.toarray()[:, regions.genes]
    expression = expression / np.maximum(np.asarray(adata.X.sum(axis=1)), 1)
    places = np.asarray(adata.obsm["spatial"], dtype=np.float64)
    patterns = np.asarray(adata.obsm["patterns"])
    random = np.random.default_rng(seed)
    shares: dict[str, list[float]] = defaultdict(list)

    def note(inside: NDArray[np.bool_], kinds: dict[str, NDArray[np.bool_]]) -> None:
        found = regions.compare(inside).enrichment
        ranks = stats.mannwhitneyu(expression[inside], expression[~inside], axis=0).pvalue
        tests = {
            "darlc": (found.p, found.fdr),
            "rank sum": (ranks, stats.false_discovery_control(ranks)),
        }
        for kind, genes in kinds.items():
            for test, (p, fdr) in tests.items():
                shares[f"{kind}|{test}|p"].append(float(np.mean(p[genes] <= _SURE)))
                shares[f"{kind}|{test}|FDR"].append(float(np.mean(fdr[genes] <= _SURE)))

    unrelated = {"without pattern": label == "none", "other pattern": label != "none"}
    for i in range(n_regions):
        note(draw_region(random, places, SHARES[i % len(SHARES)]), unrelated)
    for k in random.permutation(patterns.shape[1])[: max(n_regions // 3, 1)]:
        own = label == f"pattern{k + 1}"
        if own.any():
            note(patterns[:, k] > np.quantile(patterns[:, k], 0.9), {"own pattern": own})
    return shares


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--genes", type=int, default=400)
    parser.add_argument("--regions", type=int, default=18, help="by tissue and seed")
    parser.add_argument("--seeds", type=int, default=2)
    chosen = parser.parse_args()
    print(f"{'tissue':<24}{'genes':<18}{'test':<10}{'p ≤ .05':>9}{'FDR ≤ .05':>11}")
    for name, (platform, nuisance) in TISSUES.items():
        shares: dict[str, list[float]] = defaultdict(list)
        for seed in range(chosen.seeds):
            adata = simulate(
                seed=100 + seed,
                genes=chosen.genes,
                clusters=16,
                platform=platform,
                nuisance=nuisance,
                unpatterned=0.5,
            )
            for key, values in measure(adata, chosen.regions, seed).items():
                shares[key] += values
        for kind in ("without pattern", "other pattern", "own pattern"):
            for test in ("darlc", "rank sum"):
                p, fdr = (np.mean(shares[f"{kind}|{test}|{each}"]) for each in ("p", "FDR"))
                print(f"{name:<24}{kind:<18}{test:<10}{p:>9.3f}{fdr:>11.3f}", flush=True)


if __name__ == "__main__":
    main()
