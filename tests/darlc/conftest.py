"""A small tissue with known truth, and a result of it that no training was needed for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace

import numpy as np
import pandas as pd
import pytest
from anndata import AnnData
from scipy import sparse

from darlc.config import Config
from darlc.events import Event, Finished, Losses, Progress, Started
from darlc.images.sgep_images import SGEPImages, rasterize
from darlc.results.denoised_views import DenoisedViews, Factors
from darlc.results.result import Result
from darlc.results.study import StudyResult

#: Clusters, genes that follow each, and genes that follow none and are left out of the model.
N_CLUSTERS, N_EACH, N_LEFT_OUT = 3, 4, 2


@pytest.fixture
def tissue() -> AnnData:
    """Counts of genes that follow three stripes; all that an AnnData can hold is in it."""
    rng = np.random.default_rng(0)
    row, column = np.mgrid[:9, :8].reshape(2, -1)
    stripe = row // 3
    pattern = np.repeat(np.arange(N_CLUSTERS), N_EACH)
    rate = np.where(stripe[:, None] == pattern, 12.0, 1.0)
    rate = np.hstack([rate, np.full((len(row), N_LEFT_OUT), 0.5)])
    adata = AnnData(sparse.csr_matrix(rng.poisson(rate).astype(np.float32)))
    adata.obs_names = [f"spot{i}" for i in range(adata.n_obs)]
    adata.var_names = [f"Gene{i}" for i in range(adata.n_vars)]
    adata.obs["array_row"], adata.obs["array_col"] = row, column
    adata.obs["region"] = pd.Categorical(stripe.astype(str))
    # Text with few distinct values and text with gaps: writers like to change them.
    adata.obs["batch"] = np.array(["a", "b"], dtype=object)[row % 2]
    adata.obs["remark"] = np.where(row == 0, "edge", None)
    adata.var["pattern"] = [*pattern.astype(float), *[np.nan] * N_LEFT_OUT]
    adata.obsm["spatial"] = np.column_stack([column, row]) * 100.0
    adata.obsm["X_pca"] = rng.normal(size=(adata.n_obs, 2))
    adata.varm["PCs"] = rng.normal(size=(adata.n_vars, 2))
    adata.layers["counts"] = adata.X.copy()
    adata.obsp["connectivities"] = sparse.eye_array(adata.n_obs, format="csr")
    adata.raw = adata.copy()
    adata.uns["spatial"] = {"slide": {"scalefactors": {"spot_diameter_fullres": 55.0}}}
    return adata


@pytest.fixture
def make_result() -> Callable[[SGEPImages, Config], Result]:
    """Return what makes a result whose clusters are the stripes."""

    def make(images: SGEPImages, config: Config) -> Result:
        rng = np.random.default_rng(config.seed)
        truth = np.repeat(np.arange(N_CLUSTERS), N_EACH)
        membership = np.full((len(truth), N_CLUSTERS), 0.05, dtype=np.float32)
        membership[np.arange(len(truth)), truth] = 0.9
        # Against the order of the data: rows must find their genes by name.
        order = rng.permutation(len(truth))
        embedding = np.eye(N_CLUSTERS)[truth] + 0.01 * rng.normal(size=membership.shape)
        return Result(
            gene_names=images.gene_names[order],
            embedding=embedding[order].astype(np.float32),
            membership=membership[order],
            denoised=DenoisedViews(
                stripes(images, truth[order], np.where(order % 4, 0.0, 0.25)),
                lambda rows: images.expression(order[rows]),
            ),
            grid=images.grid,
            observation_pixel=images.observation_pixel,
            config=config,
            device="cpu",
            fingerprint=images.fingerprint,
            notes=("2 genes left out: for a reason.",),
            timings={"rasterize": 0.5, "denoise": 1.5, "joint": 2.25},
            history={"pretrain/masked": np.array([2.0, 1.0]), "joint/total": np.array([0.5])},
            mixture={
                "dof": np.array([4.0, 5.0, 6.0]),
                "mean": rng.normal(size=(3, 3)).astype(np.float32),
                "objective": np.array(-12.5, dtype=np.float32),
            },
            weights=bytes(range(256)),
            versions={"darlc": "0.1", "torch": "2.4"},
            cluster_names=("myelin", "2", "größer"),
            cluster_colours=("#112233", "#445566", "#778899"),
        )

    return make


def stripes(images: SGEPImages, stripe: np.ndarray, share: np.ndarray) -> Factors:
    """Return factors of genes' views that follow the stripes (g,) of the small tissue."""
    scores = np.eye(N_CLUSTERS)[images.grid.pixels[:, 0] // 3]
    return Factors(
        programmes=(scores - scores.mean(axis=0)).astype(np.float32),
        coefficients=(1.5 * np.eye(N_CLUSTERS)[stripe]).astype(np.float32),
        mean=np.linspace(2.0, 5.0, len(stripe), dtype=np.float32),
        share=share.astype(np.float32),
    )


@pytest.fixture
def result(tissue: AnnData, make_result: Callable[[SGEPImages, Config], Result]) -> Result:
    """Return a result that is bound to the tissue, one observation of which has no place."""
    tissue.obsm["spatial"][5] = np.nan
    config = Config.from_preset("quick", include=("Gene1",), clusters=N_CLUSTERS, seed=3)
    return replace(make_result(rasterize(tissue), config), adata=tissue)


@pytest.fixture
def no_training(
    monkeypatch: pytest.MonkeyPatch, make_result: Callable[[SGEPImages, Config], Result]
) -> list[tuple[SGEPImages, Config]]:
    """Put something quick in the place of all that needs torch; return what it was asked."""
    asked: list[tuple[SGEPImages, Config]] = []

    def train(
        images: SGEPImages, config: Config, stop: object = None, **kept: object
    ) -> Iterator[Event]:
        asked.append((images, config))
        yield Started("cpu", np.arange(N_CLUSTERS * N_EACH), ("a note of training.",))
        yield Progress("rasterize", 1, 1)
        yield Progress("denoise", 1, 2)
        yield Progress("denoise", 2, 2)
        yield Losses("joint", 0, {"total": 1.0})
        yield Finished(make_result(images, config))

    def denoise_genes(
        images: SGEPImages, config: Config, on_step: Callable[[int, int], None] | None = None
    ) -> Callable[[np.ndarray], np.ndarray]:
        asked.append((images, config))
        if on_step is not None:
            on_step(1, 1)
        return lambda genes: images.expression(genes) + 1

    replace_module(monkeypatch, "darlc.learn.train.run", train=train)
    replace_module(monkeypatch, "darlc.learn.denoise.any_genes", denoise_genes=denoise_genes)
    return asked


def replace_module(monkeypatch: pytest.MonkeyPatch, name: str, **content: object) -> None:
    """Have imports of a module find something else."""
    import sys
    from types import ModuleType

    module = ModuleType(name)
    module.__dict__.update(content)
    monkeypatch.setitem(sys.modules, name, module)


@pytest.fixture
def study(tissue: AnnData, make_result: Callable[[SGEPImages, Config], Result]) -> StudyResult:
    """Return two sections of the tissue; Gene9 moves to the first stripe in the second."""
    config = Config.from_preset("quick", clusters=N_CLUSTERS, seed=3)
    second = tissue[:, ::-1].copy()
    counts = tissue.X[:, [13, 12, 11, 10, 0, *range(8, -1, -1)]]
    second.X, second.layers["counts"] = counts, counts.copy()
    return make_study({"ctrl 1": tissue, "treated": second}, config, make_result)


def make_study(
    adatas: Mapping[str, AnnData],
    config: Config,
    make_result: Callable[[SGEPImages, Config], Result],
) -> StudyResult:
    """Return a study of tissues; its last gene, Gene9, changes in all sections but the first."""
    images = {name: rasterize(adata) for name, adata in adatas.items()}
    first = make_result(next(iter(images.values())), config)
    genes = np.sort(first.gene_names)
    membership = first.membership[np.argsort(first.gene_names)]
    keeps = np.full((len(genes), len(images)), 0.99, dtype=np.float32)
    sections = np.repeat(membership[None], len(images), axis=0)
    keeps[-1, 1:], sections[1:, -1] = 0.02, np.float32([0.9, 0.05, 0.05])
    keeps[0, -1] = np.nan
    results = []
    for name, each in images.items():
        own = each.select(each.index(list(genes)))
        made = make_result(own, config)
        made = replace(made, membership=membership[np.searchsorted(genes, made.gene_names)])
        results.append(replace(made, fingerprint=each.fingerprint, adata=adatas[name]))
    return StudyResult(
        section_names=tuple(images),
        gene_names=genes,
        membership=membership,
        section_membership=sections,
        evidence=np.log(sections + 0.01),
        keeps=keeps,
        molecules=np.stack(
            [each.measured(each.index(list(genes))).sum(axis=1) for each in images.values()], axis=1
        ).astype(np.int64),
        constancy=0.95,
        drawing=np.ones(len(genes), dtype=bool),
        sections=tuple(results),
        config=config,
        notes=("A note of the study.",),
        timings={"denoise": 1.5},
        versions={"darlc": "0.1"},
        cluster_names=first.cluster_names,
        cluster_colours=first.cluster_colours,
    )


@pytest.fixture
def assert_same_result() -> Callable[[Result, Result], None]:
    """Return what compares all fields of results but their data; arrays also by type."""

    def same(ours: object, theirs: object, where: str) -> None:
        if isinstance(ours, np.ndarray):
            assert isinstance(theirs, np.ndarray), where
            assert ours.dtype == theirs.dtype, where
            np.testing.assert_array_equal(ours, theirs, strict=True, err_msg=where)
        elif isinstance(ours, dict):
            assert isinstance(theirs, dict) and ours.keys() == theirs.keys(), where
            for key, value in ours.items():
                same(value, theirs[key], f"{where}.{key}")
        elif is_dataclass(ours):
            assert type(ours) is type(theirs), where
            for each in fields(ours):  # type: ignore[arg-type]
                same(getattr(ours, each.name), getattr(theirs, each.name), f"{where}.{each.name}")
        elif isinstance(ours, DenoisedViews):
            assert isinstance(theirs, DenoisedViews), where
            same(ours.factors, theirs.factors, where)
            same(ours[:], theirs[:], where)
        elif ours != ours:
            assert theirs != theirs, where
        else:
            assert type(ours) is type(theirs) and ours == theirs, where

    def compare(ours: Result, theirs: Result) -> None:
        for each in fields(Result):
            if each.name != "adata":
                same(getattr(ours, each.name), getattr(theirs, each.name), each.name)

    return compare
