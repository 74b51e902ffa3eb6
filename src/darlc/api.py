"""What scripts call: from an AnnData to a result, or to denoised expression, in one step."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from darlc.config import Config
from darlc.data.keys import DENOISED_LAYER
from darlc.errors import InputError, TrainingError
from darlc.events import Event, Finished, StudyFinished
from darlc.images.gene_labels import gene_labels, resolve_genes
from darlc.images.sgep_images import SGEPImages
from darlc.io.blocks import Blocks, placed_blocks
from darlc.io.prepare import prepare
from darlc.results.result import Result
from darlc.results.study import StudyResult

if TYPE_CHECKING:
    from anndata import AnnData


def fit(
    adata: AnnData,
    config: Config | None = None,
    on_event: Callable[[Event], None] | None = None,
    stop: Callable[[], bool] | None = None,
    *,
    separate: bool = False,
    state: str | Path | None = None,
    resume: bool = False,
) -> Result:
    """Learn which genes share a spatial pattern.

    Parameters
    ----------
    adata
        Observations × genes with ``obsm["spatial"]``; it is not modified.
    config
        What to do; the ``standard`` preset where it is None.
    on_event
        Called with every event of training, in order.
    stop
        Called between steps; once it returns true, training ends early with what was learned.
    separate
        Whether it is known that no sections lie on top of each other, as `Dataset.separate` says of
        what was read; else it is looked for.
    state, resume
        File in which the state of the training is kept, and whether to continue what is kept there;
        as for `train`.

    Returns
    -------
    Result
        Bound to ``adata``, ready for `Result.save`.

    Raises
    ------
    InputError
        The data or a setting cannot be used; the sentence says why.
    TrainingError
        Training met a value that it cannot go on from.

    Examples
    --------
    >>> result = darlc.fit(darlc.read("tissue.h5ad"), darlc.Config.from_preset("quick"))
    >>> path = result.save("result.h5ad")
    """
    config = config or Config()
    say = on_event or (lambda event: None)
    start = time.perf_counter()
    checked, images = prepare(adata, config.bin_size, separate=separate)
    included = resolve_genes(config.include, checked.var_names, gene_labels(checked))
    config = config.replace(include=included)
    most = min(config.genes, images.n_genes)
    if config.clusters != "auto" and config.clusters > most:
        raise InputError(
            f"{config.clusters} clusters were asked for, but at most {most} genes can be modelled: "
            "ask for fewer clusters."
        )
    seconds = time.perf_counter() - start

    # Imported here, so that wrong data are reported before the slow import of torch.
    from darlc.learn.train.run import train

    for event in train(images, config, stop, state=state, resume=resume):
        if isinstance(event, Finished):
            timings = event.result.timings
            event = Finished(
                replace(
                    event.result,
                    notes=tuple(dict.fromkeys(images.notes + event.result.notes)),
                    timings={**timings, "rasterize": seconds + timings.get("rasterize", 0.0)},
                    # The caller's own object, unless names or features had to be changed.
                    adata=adata if checked.var_names.equals(adata.var_names) else checked,
                )
            )
        say(event)
        if isinstance(event, Finished):
            return event.result
    raise TrainingError("assign", "training ended without a result.")


def fit_study(
    adatas: Mapping[str, AnnData],
    config: Config | None = None,
    on_event: Callable[[Event], None] | None = None,
    stop: Callable[[], bool] | None = None,
    *,
    separate: Collection[str] = (),
    workers: int = 0,
    scheduler: str = "",
    state: str | Path | None = None,
    resume: bool = False,
) -> StudyResult:
    """Learn which genes share a spatial pattern in several sections together, and where they do.

    Parameters
    ----------
    adatas
        Of each section, by its name: observations × genes with ``obsm["spatial"]``; they are not
        modified. Genes are matched by name; platforms may differ.
    config
        What to do; the ``standard`` preset where it is None.
    on_event
        Called with every event of training, in order.
    stop
        Called between steps; once it returns true, training ends early with what was learned.
    separate
        Names of those of which it is known that no sections lie on top of each other; of the
        others it is looked for.
    workers
        Processes to start on this machine, which compute the sections; by default this one does.
    scheduler
        Address of a Dask scheduler whose workers compute the sections; empty for none.
    state, resume
        Folder in which the state of the training is kept, written after every stage of a section,
        and whether to continue what is kept there. Delete it once the result is safe.

    Returns
    -------
    StudyResult
        Its sections are bound to the data.

    Raises
    ------
    InputError
        The data or a setting cannot be used; the sentence says why, and in which section.
    TrainingError
        Training met a value that it cannot go on from.

    Examples
    --------
    >>> sections = {name: darlc.read(f"{name}.h5ad") for name in ("control", "treated")}
    >>> study = darlc.fit_study(sections, darlc.Config.from_preset("quick", genes=36))
    >>> study.section_names
    ('control', 'treated')
    """
    from darlc.learn.on_disk import mapped
    from darlc.learn.study.run import train_study
    from darlc.learn.study.workers import open_tasks

    config = config or Config()
    say = on_event or (lambda event: None)
    checked: dict[str, AnnData] = {}
    images: dict[str, SGEPImages] = {}
    for name, adata in adatas.items():
        try:
            own, made = prepare(adata, config.bin_size, name, separate=name in separate)
        except InputError as error:
            raise error if name in str(error) else InputError(f"{name}: {error}") from error
        checked[name] = adata if own.var_names.equals(adata.var_names) else own
        # In memory are the data of all sections, but not the images of all, which are as large.
        images[name] = mapped(made)
    config = config.replace(include=_included(config.include, checked))

    with open_tasks(workers, scheduler) as tasks:
        for event in train_study(images, config, stop, tasks, state=state, resume=resume):
            if isinstance(event, StudyFinished):
                event = StudyFinished(_bound(event.result, images, checked))
            say(event)
            if isinstance(event, StudyFinished):
                return event.result
    raise TrainingError("assign", "training ended without a result.")


def _bound(
    study: StudyResult, images: Mapping[str, SGEPImages], adatas: Mapping[str, AnnData]
) -> StudyResult:
    """Return a study whose sections are bound to their data."""
    sections = tuple(
        replace(
            result,
            notes=tuple(dict.fromkeys(images[name].notes + result.notes)),
            adata=adatas[name],
        )
        for name, result in zip(study.section_names, study.sections, strict=True)
    )
    return replace(study, sections=sections)


def _included(asked: Sequence[str], adatas: Mapping[str, AnnData]) -> tuple[str, ...]:
    """Return the names in the data of genes to include, as the first section has them that can."""
    found: list[str] = []
    for gene in asked:
        for i, adata in enumerate(adatas.values(), start=1):
            try:
                found += resolve_genes([gene], adata.var_names, gene_labels(adata))
                break
            except InputError:
                if i == len(adatas):
                    raise
    return tuple(found)


def denoise(
    adata: AnnData,
    config: Config | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> AnnData:
    """Clean every gene with the GAT denoiser alone.

    Parameters
    ----------
    adata
        Observations × genes with ``obsm["spatial"]``; it is not modified.
    config
        What to do; the ``standard`` preset where it is None.
    on_progress
        Called with the steps done and all steps.

    Returns
    -------
    AnnData
        A copy with ``layers["darlc_denoised"]``, dense float32 in log-normalised units. Every
        observation has the value of its pixel; one that was left out has NaN.

    Raises
    ------
    InputError
        The data or a setting cannot be used; the sentence says why.

    Examples
    --------
    >>> config = darlc.Config.from_preset("quick")
    >>> denoised = darlc.denoise(darlc.read("tissue.h5ad"), config)
    >>> denoised.layers["darlc_denoised"].shape == denoised.shape
    True
    """
    config = config or Config()
    checked, images = prepare(adata, config.bin_size)
    denoised = checked.copy()
    denoised.layers[DENOISED_LAYER] = denoised_blocks(images, config, on_progress).array()
    return denoised


def denoised_blocks(
    images: SGEPImages,
    config: Config,
    on_progress: Callable[[int, int], None] | None = None,
) -> Blocks:
    """Train the denoiser; values of genes in observations are computed as they are written.

    Returns
    -------
    Blocks
        (n_obs, n_genes); NaN for observations that were left out.
    """
    from darlc.learn.denoise.any_genes import denoise_genes

    denoised = denoise_genes(images, config, on_progress)

    def views(start: int, stop: int) -> tuple[NDArray[np.int64], NDArray[np.floating]]:
        return np.arange(stop - start), denoised(np.arange(start, stop))

    return placed_blocks(images.observation_pixel, images.n_genes, views)
