"""The training of several sections together: from their images to events, the last a study."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from darlc.config import Config
from darlc.errors import InputError, TrainingError
from darlc.events import AtSection, Event, Finished, Memberships, Progress, StudyFinished
from darlc.images.matched_genes import align, with_genes
from darlc.images.pooling import pooled
from darlc.images.selection import LESS_VARIABLE, Selection
from darlc.images.sgep_images import SGEPImages
from darlc.learn.cluster.search import ClusterSearch, new_mixture
from darlc.learn.cluster.section_counts import SectionCounts
from darlc.learn.cluster.split_merge import CountClusters, State
from darlc.learn.devices import choose_device
from darlc.learn.study.choice import choose_together
from darlc.learn.study.departures import (
    departures,
    follow_sections,
    without_weakest,
)
from darlc.learn.study.kept_study import Answers, KeptStudy
from darlc.learn.study.known_clusters import KnownClusters
from darlc.learn.study.section import (
    Described,
    bound,
    choose_here,
    count_again,
    count_here,
    describe,
    join,
    library_of,
    molecules_of,
    score_others,
    temperature,
    train_here,
)
from darlc.learn.tasks import Handle, InProcess, Tasks
from darlc.learn.train.given import Given
from darlc.learn.train.run import train
from darlc.results.palette import cluster_colours, cluster_names
from darlc.results.result import Result
from darlc.results.study import StudyResult


def train_study(
    images: Mapping[str, SGEPImages],
    config: Config,
    stop: Callable[[], bool] | None = None,
    tasks: Tasks | None = None,
    *,
    state: str | Path | None = None,
    resume: bool = False,
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
    tasks
        Where sections are computed; by default here, one after the other.
    state
        Folder in which the state of the training is kept, written after every stage of a section;
        nothing is kept by default. It stays when training has ended: delete it once the result is
        safe. Workers on other machines write the training of their sections there too, where they
        see it.
    resume
        Whether to continue the training that is kept in ``state``, if there is one. On a CPU the
        result is that of a training without the interruption.

    Yields
    ------
    Event
        See `darlc.events`. Between two ``AtSection``, events are of one section.

    Raises
    ------
    InputError
        A section cannot be fitted, or sections not together; the message names them. Or what is
        kept in ``state`` is not of them.
    TrainingError
        A value was not finite; the message names the stage.
    """
    kept = KeptStudy(None if state is None else Path(state), resume, images, config)
    if len(images) == 1:
        ((name, only),) = images.items()
        for event in train(only, config, stop, state=kept.file_of_one(), resume=resume):
            yield (
                StudyFinished(_of_one(name, only, event.result))
                if isinstance(event, Finished)
                else event
            )
        return
    yield from _Study(images, config, stop or never, tasks or InProcess(), kept).events()


def never() -> bool:
    """Return False: nothing stops work that a worker has begun."""
    return False


class _Study:
    def __init__(
        self,
        images: Mapping[str, SGEPImages],
        config: Config,
        stop: Callable[[], bool],
        tasks: Tasks,
        kept: KeptStudy,
    ) -> None:
        self.images, self.config, self.kept = dict(images), config, kept
        self.names, self.tasks = tuple(images), tasks
        aligned = align(images)
        first = aligned[self.names[0]]
        #: All genes; positions of each section's genes among them, and of those to include.
        self.genes = first.gene_names
        self.places = {
            name: first.index(list(each.gene_names)) for name, each in self.images.items()
        }
        self.wanted = first.index(list(dict.fromkeys(config.include)))
        self.notes = {name: each.notes for name, each in aligned.items()}
        self._asked, self.stopped = stop, False
        #: What sections call to ask whether to stop, where they are computed.
        self._there = self._stop if isinstance(tasks, InProcess) else never
        self.timings: dict[str, float] = defaultdict(float)
        self._since = time.perf_counter()
        for name, section in self.images.items():
            if section.values != "counts" or config.count_weight <= 0:
                raise InputError(
                    f"sections are fitted together by their counts, and {name} holds other values: "
                    "fit the sections one by one."
                )

    def events(self) -> Iterator[Event]:
        tasks, config, n = self.tasks, [self.config] * len(self.names), len(self.names)
        yield self._at("", 0)
        own = tasks.keep(_itself, list(self.images.values()))
        images = tasks.keep(with_genes, own, [self.genes] * n)
        chosen = tasks.get(choose_here, images, self.names, config)
        drawing, selections = choose_together(chosen, self.config.genes, self.wanted)
        self._spend("rasterize")

        before = {i: self.kept.described(i) for i in range(n)}
        described = {i: each for i, each in before.items() if each is not None}
        there = [self._there] * n
        same = [drawing] * n
        yield from self._each(describe, described, 0, images, selections, same, config, there)
        found = [described[i] for i in range(n)]
        self._spend("denoise")

        answers = self.kept.answers()
        if answers is None:
            yield self._at("", n)
            model = tasks.keep(pooled, images, [each.pooling.factor for each in found])
            counts, state = yield from self._search(model, drawing, found)
            self._spend("search")
            answers = self._answer(counts, state, model, drawing, selections)
            if not np.isfinite(answers.membership).all():
                raise TrainingError("assign", "a membership is not finite.")
            if not self.stopped:
                self.kept.keep_answers(answers)
        self._spend("assign")

        trained: dict[int, Finished] = {}
        given = [
            self._given(name, selection, each, answers)
            for name, selection, each in zip(self.names, selections, found, strict=True)
        ]
        files = [self.kept.section(i).open for i in range(n)]
        yield from self._each(train_here, trained, n + 1, own, config, there, given, files)
        self._spend("joint")
        yield StudyFinished(self._result(answers, drawing, trained))

    def _search(
        self, model: list[Handle], drawing: NDArray[np.int64], found: list[Described]
    ) -> Generator[Event, None, tuple[SectionCounts, State]]:
        """Search for clusters; return the counts, and where the search ended."""
        tasks, config, same = self.tasks, [self.config] * len(model), [drawing] * len(model)
        if (before := self.kept.searched()) is not None:
            state, libraries = before
            models = tasks.keep(count_again, model, same, libraries, config)
            return SectionCounts(models, tasks), state
        molecules = np.stack(tasks.get(molecules_of, model, same), axis=1)

        def count(soft: NDArray[np.float32]) -> CountClusters:
            models = tasks.keep(count_here, model, same, [soft] * len(model), config)
            return CountClusters(SectionCounts(models, tasks), self.config.count_weight)

        search = ClusterSearch(len(drawing), self.config, choose_device(self.config.device), count)
        for step, _ in enumerate(search.start(join(found, molecules), self._stop), start=1):
            yield Memberships("search", search.membership, search.patternless)
            yield Progress("search", step, max(search.n_steps, step + 1))
        clusters, state = search.found
        assert isinstance(clusters.model, SectionCounts)
        if not self.stopped:
            self.kept.keep_search(state, tasks.get(library_of, clusters.model.sections))
        return clusters.model, state

    def _each(
        self,
        function: Callable[..., Iterator[Any]],
        found: dict[int, Any],
        part: int,
        *columns: Sequence[Any],
    ) -> Iterator[Event]:
        """Yield the events of a function of each section; keep what it yields last.

        Sections of which something was found before are left out.
        """
        left = [i for i in range(len(self.names)) if i not in found]
        at = -1
        for place, event in self.tasks.run(function, *([row[i] for i in left] for row in columns)):
            number = left[place]
            if number != at:
                at = number
                yield self._at(self.names[number], part + len(found))
            if isinstance(event, Described | Finished):
                found[number] = event
                if isinstance(event, Described) and not self.stopped:
                    self.kept.keep_described(number, event)
            else:
                yield event

    def _at(self, name: str, part: int) -> AtSection:
        return AtSection(name, part, 2 * len(self.names) + 1)

    @torch.no_grad()
    def _answer(
        self,
        counts: SectionCounts,
        state: State,
        model: list[Handle],
        drawing: NDArray[np.int64],
        selections: list[Selection],
    ) -> Answers:
        """Let genes change between sections; answer those that drew no patterns."""
        n = len(self.names)
        config = [self.config] * n
        temperatures = torch.tensor(
            self.tasks.get(temperature, counts.sections, [state] * n, config)
        )
        state = without_weakest(state)
        followed = follow_sections(
            counts,
            self.config.count_weight,
            state,
            temperatures,
            self._stop,
            remove=self.config.clusters == "auto",
        )
        kinds = np.stack([each.reason for each in selections], axis=1)
        usable = (kinds == "") | (kinds == LESS_VARIABLE)
        others = np.setdiff1d(np.flatnonzero(usable.any(axis=1)), drawing)
        own = list(followed.genes.follows.clone())
        asked = counts.sections, model, [others] * n, own, [state] * n, config
        scores = torch.stack(self.tasks.get(score_others, *asked))
        tempered = scores / temperatures.to(scores)[:, None, None]
        parts = [followed.genes, departures(tempered, followed.prior)]
        genes = np.concatenate([drawing, others])
        order = np.argsort(genes, kind="stable")

        def joined(name: str, axis: int = 0) -> NDArray[np.float32]:
            both = torch.cat([getattr(part, name) for part in parts], dim=axis)
            return np.take(both.cpu().numpy(), order, axis)

        answers = Answers(
            genes[order],
            joined("membership"),
            joined("in_section", 1),
            joined("keeps"),
            joined("scores", 1),
            followed.prior.constancy,
        )
        answers.keeps[~usable[answers.genes]] = np.nan
        return answers

    def _result(
        self,
        answers: Answers,
        drawing: NDArray[np.int64],
        trained: Mapping[int, Finished],
    ) -> StudyResult:
        shown = cluster_names(answers.membership.shape[1], True)
        colours = cluster_colours(answers.membership.shape[1], True)
        results = [
            replace(
                bound(each.result, self.images[name]),
                cluster_names=shown,
                cluster_colours=colours,
                # Those of the matched genes say what the section has not measured.
                notes=tuple(dict.fromkeys((*each.result.notes, *self.notes[name]))),
            )
            for each, name in zip(
                (trained[i] for i in range(len(self.names))), self.names, strict=True
            )
        ]
        molecules = np.zeros((len(self.genes), len(self.names)), dtype=np.int64)
        for s, (name, images) in enumerate(self.images.items()):
            molecules[self.places[name], s] = molecules_of(images, np.arange(images.n_genes))
        return StudyResult(
            section_names=self.names,
            gene_names=self.genes[answers.genes],
            membership=answers.membership,
            section_membership=answers.in_section,
            keeps=answers.keeps,
            evidence=answers.evidence - answers.evidence.max(axis=2, keepdims=True),
            molecules=molecules[answers.genes],
            constancy=answers.constancy,
            drawing=np.isin(answers.genes, drawing),
            sections=tuple(results),
            config=self.config,
            notes=tuple(self.kept.notes),
            timings=dict(self.timings),
            versions=results[0].versions,
            cluster_names=shown,
            cluster_colours=colours,
        )

    def _given(self, name: str, selection: Selection, found: Described, answers: Answers) -> Given:
        """Return what the training of a section is given, in the order of its own data."""
        own = self._own_selection(name, selection)
        return Given(own, found.pooling, found.representation, self._known(answers, own, name))

    def _own_selection(self, name: str, selection: Selection) -> Selection:
        """Return a section's choice of genes, in the order of its own data."""
        place = self.places[name]
        reason = selection.reason[place]
        return Selection(np.flatnonzero(reason == ""), selection.variability[place], reason)

    def _known(self, answers: Answers, selection: Selection, name: str) -> KnownClusters:
        """Return the study's clusters for the training of one of its sections."""
        row = np.full(len(self.genes), -1)
        row[answers.genes] = np.arange(len(answers.genes))
        row = row[self.places[name]]
        k = answers.membership.shape[1]
        return KnownClusters(
            answers.membership[row[selection.genes]],
            answers.membership[row[selection.others]],
            self.images[name].gene_names[selection.others],
            new_mixture(self.config, k, self.config.mixture.restarts),
            True,
        )

    def _stop(self) -> bool:
        self.stopped = self.stopped or self._asked()
        return self.stopped

    def _spend(self, stage: str) -> None:
        now = time.perf_counter()
        self.timings[stage] += now - self._since
        self._since = now


def _itself(images: SGEPImages) -> SGEPImages:
    return images


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
