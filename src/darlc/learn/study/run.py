"""The training of several sections together: from their images to events, the last a study."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from darlc.config import Config
from darlc.errors import InputError, TrainingError
from darlc.events import AtSection, Event, Finished, Memberships, Progress, StudyFinished
from darlc.images.matched_genes import align
from darlc.images.pooling import pooled
from darlc.images.selection import LESS_VARIABLE, Selection, choose_genes
from darlc.images.sgep_images import SGEPImages
from darlc.learn.cluster.clustering import GeneClusters
from darlc.learn.cluster.confidence import calibrate
from darlc.learn.cluster.section_counts import SectionCounts
from darlc.learn.cluster.split_merge import CountClusters, State
from darlc.learn.cluster.student_t import StudentMixture
from darlc.learn.denoise.pooling import poolings
from darlc.learn.denoise.shrinkage import chunks
from darlc.learn.devices import choose_device, most_pixels
from darlc.learn.study.choice import choose_together
from darlc.learn.study.departures import Followed, departures, follow_sections
from darlc.learn.study.described import Described, describe, join, molecules_of
from darlc.learn.study.known_clusters import KnownClusters
from darlc.learn.train.given import Given
from darlc.learn.train.run import train, train_given
from darlc.results.palette import cluster_colours, cluster_names
from darlc.results.result import Result
from darlc.results.study import StudyResult


def train_study(
    images: Mapping[str, SGEPImages],
    config: Config,
    stop: Callable[[], bool] | None = None,
) -> Iterator[Event]:
    """Fit DARLC to several sections together; a generator of events, the last ``StudyFinished``.

    Genes have their clusters in all sections together; their mean, the library and the patterns of
    clusters are a section's own. For every gene and section, the probability that it keeps its
    cluster there is estimated (`darlc.learn.study.departures`). Ours, beyond the paper.

    Parameters
    ----------
    images
        Of all genes, by the name of the section. Genes are matched by name. A single section is
        fitted as by `train`.
    config
        Settings of the fit.
    stop
        Called often; once it returns True the run ends early with what was learned.

    Yields
    ------
    Event
        See `darlc.events`. Between two ``AtSection``, events are of one section.

    Raises
    ------
    InputError
        A section cannot be fitted, or sections not together; the message names them.
    TrainingError
        A value was not finite; the message names the stage.
    """
    if len(images) == 1:
        ((name, only),) = images.items()
        for event in train(only, config, stop):
            yield (
                StudyFinished(_of_one(name, only, event.result))
                if isinstance(event, Finished)
                else event
            )
        return
    yield from _Study(images, config, stop or (lambda: False)).events()


@dataclass(frozen=True, eq=False)
class _Answers:
    """Of all genes with an answer: their positions (G,), and what `StudyResult` holds of them."""

    genes: NDArray[np.int64]
    membership: NDArray[np.float32]
    in_section: NDArray[np.float32]
    keeps: NDArray[np.float32]


class _Study:
    def __init__(
        self, images: Mapping[str, SGEPImages], config: Config, stop: Callable[[], bool]
    ) -> None:
        self.own, self.images, self.config = dict(images), align(images), config
        self._asked, self.stopped = stop, False
        self.device = choose_device(config.device)
        self.timings: dict[str, float] = defaultdict(float)
        self._since = time.perf_counter()
        for name, section in self.images.items():
            if section.values != "counts" or config.count_weight <= 0:
                raise InputError(
                    f"sections are fitted together by their counts, and {name} holds other values: "
                    "fit the sections one by one."
                )

    def events(self) -> Iterator[Event]:
        names, config = tuple(self.images), self.config
        parts = 2 * len(names) + 1
        yield AtSection("", 0, parts)
        drawing, selections = self._choose()
        self._spend("rasterize")
        described: list[Described] = []
        for i, name in enumerate(names):
            yield AtSection(name, i, parts)
            found = describe(
                self.images[name], selections[i], drawing, config, self.device, self._stop
            )
            for each in found:
                if isinstance(each, Described):
                    described.append(each)
                else:
                    yield each
        self._spend("denoise")

        yield AtSection("", len(names), parts)
        pairs = zip(self.images.values(), described, strict=True)
        model = [pooled(section, each.pooling.factor) for section, each in pairs]
        molecules = np.stack([molecules_of(each, drawing) for each in model], axis=1)
        clusters = GeneClusters([each.select(drawing) for each in model], config, self.device)
        z = join(described, molecules)
        for step, _ in enumerate(clusters.start(z, self._stop), start=1):
            yield Memberships("search", clusters.membership, clusters.patternless)
            yield Progress("search", step, max(clusters.n_steps, step + 1))
        counts, state = clusters.found
        self._spend("search")
        answers, followed = self._answer(counts, state, model, drawing, selections)
        if not np.isfinite(answers.membership).all():
            raise TrainingError("assign", "a membership is not finite.")
        self._spend("assign")

        shown = _names(answers.membership)
        results: list[Result] = []
        for i, name in enumerate(names):
            yield AtSection(name, len(names) + 1 + i, parts)
            selection = self._own_selection(name, selections[i])
            known = self._known(answers, selection, name)
            given = Given(selection, described[i].pooling, described[i].representation, known)
            for event in train_given(self.own[name], config, self._stop, given):
                if isinstance(event, Finished):
                    results.append(
                        replace(event.result, cluster_names=shown[0], cluster_colours=shown[1])
                    )
                else:
                    yield event
            self._spend("joint")
        yield StudyFinished(
            StudyResult(
                section_names=names,
                gene_names=next(iter(self.images.values())).gene_names[answers.genes],
                membership=answers.membership,
                section_membership=answers.in_section,
                keeps=answers.keeps,
                molecules=np.stack(
                    [molecules_of(each, answers.genes) for each in self.images.values()], axis=1
                ).astype(np.int64),
                constancy=followed.prior.constancy,
                drawing=np.isin(answers.genes, drawing),
                sections=tuple(results),
                config=config,
                timings=dict(self.timings),
                versions=results[0].versions,
                cluster_names=shown[0],
                cluster_colours=shown[1],
            )
        )

    def _choose(self) -> tuple[NDArray[np.int64], list[Selection]]:
        """Choose the genes that draw the patterns of the study."""
        selections = []
        for name, images in self.images.items():
            finest = pooled(images, poolings(images, self._budget)[0])
            try:
                selections.append(choose_genes(finest, self.config.genes))
            except InputError as error:
                raise InputError(f"{name}: {error}") from error
        first = next(iter(self.images.values()))
        wanted = first.index(list(dict.fromkeys(self.config.include)))
        return choose_together(selections, self.config.genes, wanted)

    @property
    def _budget(self) -> int:
        return self.config.model_pixels or most_pixels(self.device)

    @torch.no_grad()
    def _answer(
        self,
        counts: CountClusters,
        state: State,
        model: list[SGEPImages],
        drawing: NDArray[np.int64],
        selections: list[Selection],
    ) -> tuple[_Answers, Followed]:
        """Let sections depart; answer the genes that drew no patterns; drop empty clusters."""
        assert isinstance(counts.model, SectionCounts)
        sections = [CountClusters(each, counts.weight) for each in counts.model.sections]
        temperatures = torch.tensor(
            [calibrate(each, state, self.config.seed).temperature for each in sections]
        )
        found = follow_sections(
            sections, state, temperatures, self._stop, remove=self.config.clusters == "auto"
        )
        patterns = [
            each.model.draw(own[:, :-1]).pattern
            for each, own in zip(sections, found.genes.in_section, strict=True)
        ]
        kinds = np.stack([each.reason for each in selections], axis=1)
        usable = (kinds == "") | (kinds == LESS_VARIABLE)
        others = np.setdiff1d(np.flatnonzero(usable.any(axis=1)), drawing)
        parts = [found.genes]
        # (Weights are the prior's.)
        plain = replace(state, log_weight=torch.zeros_like(found.prior.log_weight))
        for some in chunks(model[0].select(others)):
            rows = model[0].index(list(some.gene_names))
            scores = [
                CountClusters(each.of_others(images.measured(rows)), counts.weight).explained(
                    plain, pattern
                )
                for each, images, pattern in zip(
                    counts.model.sections, model, patterns, strict=True
                )
            ]
            tempered = torch.stack(scores) / temperatures.to(scores[0])[:, None, None]
            parts.append(departures(tempered, found.prior))
        genes = np.concatenate([drawing, others])
        order = np.argsort(genes, kind="stable")
        answers = _Answers(
            genes[order],
            *(
                np.take(torch.cat([getattr(p, name) for p in parts], dim=d).cpu().numpy(), order, d)
                for name, d in (
                    ("membership", 0),
                    ("in_section", 1),
                    ("keeps", 0),
                )
            ),
        )
        answers.keeps[~usable[genes[order]]] = np.nan
        return answers, found

    def _own_selection(self, name: str, selection: Selection) -> Selection:
        """Return a section's choice of genes, in the order of its own data."""
        place = self.images[name].index(list(self.own[name].gene_names))
        reason = selection.reason[place]
        return Selection(np.flatnonzero(reason == ""), selection.variability[place], reason)

    def _known(self, answers: _Answers, selection: Selection, name: str) -> KnownClusters:
        """Return the study's clusters for the training of one of its sections."""
        place = self.images[name].index(list(self.own[name].gene_names))
        row = np.full(self.images[name].n_genes, -1)
        row[answers.genes] = np.arange(len(answers.genes))
        row = row[place]
        k = answers.membership.shape[1]
        settings = self.config.mixture
        mixture = StudentMixture(
            k,
            scale=settings.scale,
            dof_min=settings.dof_min,
            dof_max=settings.dof_max,
            random_state=self.config.seed,
        )
        return KnownClusters(
            answers.membership[row[selection.genes]],
            answers.membership[row[selection.others]],
            self.own[name].gene_names[selection.others],
            mixture,
            True,
        )

    def _stop(self) -> bool:
        self.stopped = self.stopped or self._asked()
        return self.stopped

    def _spend(self, stage: str) -> None:
        now = time.perf_counter()
        self.timings[stage] += now - self._since
        self._since = now


def _names(membership: NDArray[np.float32]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    labels = membership.shape[1], True
    return cluster_names(*labels), cluster_colours(*labels)


def _of_one(name: str, images: SGEPImages, result: Result) -> StudyResult:
    """Return a study of one section, in which every gene keeps its cluster."""
    molecules = molecules_of(images, images.index(list(result.gene_names)))
    return StudyResult(
        section_names=(name,),
        gene_names=result.gene_names,
        membership=result.membership,
        section_membership=result.membership[None],
        keeps=np.ones((result.n_genes, 1), dtype=np.float32),
        molecules=molecules[:, None].astype(np.int64),
        constancy=1.0,
        drawing=result.drawing,
        sections=(result,),
        config=result.config,
        timings=result.timings,
        versions=result.versions,
        cluster_names=result.cluster_names,
        cluster_colours=result.cluster_colours,
    )
