"""How well groups of spots agree with annotated layers, by what they are grouped on.

``python -m benchmarks.quality.spots RESULT COLUMN`` reads a result file whose ``obs`` holds layers,
gives them to the cluster whose pattern is strongest, and prints normalised mutual information and
adjusted Rand index. Then it groups them by k-means into as many, and prints the mean over three
seeds, by what they are grouped on: programmes, consensus patterns, and the field's baseline,
principal components of log-normalised expression, each smoothed over the tissue.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

import darlc
from darlc.images.statistics import standardised
from darlc.results.denoised_views import DenoisedViews

#: Standard deviations of the smoothing, in pixels; 0 for none.
SIGMAS = (0.0, 1.0, 2.0, 3.0)
_SEEDS = 3
_COMPONENTS = 20


def descriptions(result: darlc.Result) -> Iterator[tuple[str, NDArray[np.floating]]]:
    """Yield what tissue pixels are described by, and its values (P, n)."""
    assert isinstance(result.denoised, DenoisedViews) and result.adata is not None
    yield "programmes", result.denoised.factors.programmes
    patterns = result.consensus()
    yield "consensus patterns", standardised(patterns[np.isfinite(patterns).all(axis=1)]).T
    images = darlc.rasterize(result.adata)
    drawing = [str(name) for name in result.gene_names[result.drawing]]
    expression = images.expression(images.index(drawing))
    components = PCA(_COMPONENTS, random_state=0).fit_transform(expression.T)
    yield "principal components", components


def main() -> None:
    """Print one row a description and smoothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("result", type=Path)
    parser.add_argument("column")
    options = parser.parse_args()
    result = darlc.load(options.result)
    assert result.adata is not None
    layers = result.adata.obs[options.column]
    known = layers.notna().to_numpy() & (result.observation_pixel >= 0)
    truth = layers.astype(str).to_numpy()[known]
    pixel, k = result.observation_pixel[known], len(np.unique(truth))
    for smoothness in SIGMAS:
        strongest = result.regions(smoothness)[pixel]
        nmi = normalized_mutual_info_score(truth, strongest)
        rand = adjusted_rand_score(truth, strongest)
        print(f"strongest pattern, smoothed {smoothness:g}: NMI {nmi:.3f}, ARI {rand:.3f}")
    for name, values in descriptions(result):
        for sigma in SIGMAS:
            smooth = result.grid.smoother(sigma) @ values if sigma else values
            groups = [
                KMeans(k, n_init=10, random_state=seed).fit_predict(smooth[pixel])
                for seed in range(_SEEDS)
            ]
            nmi = np.mean([normalized_mutual_info_score(truth, each) for each in groups])
            rand = np.mean([adjusted_rand_score(truth, each) for each in groups])
            print(f"{name}, smoothed {sigma:g}: NMI {nmi:.3f}, ARI {rand:.3f}")


if __name__ == "__main__":
    main()
