"""Select one of several sections in a file: the one that was chosen, else the largest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from darlc.data.dataset import ALL_SECTIONS, Dataset, Sections, reading_facts
from darlc.data.keys import READING
from darlc.data.storable_text import is_missing
from darlc.errors import InputError
from darlc.images.sections.columns import FEWEST, SectionColumn, columns, named
from darlc.images.sections.global_coordinates import use_global
from darlc.images.sections.stacked_sections import drawn_as_one, nothing_tells, only, stacked
from darlc.wording import counted, listed


def take_section(dataset: Dataset, path: Path, choice: str) -> Dataset:
    """Keep the observations of one section.

    Parameters
    ----------
    dataset
        What was opened; its AnnData may be modified.
    path
        What was opened, for messages.
    choice
        ``COLUMN=VALUE``, a column of ``obs`` and the value that the section has there; the column
        alone for its largest section; or ``"all"``, which draws all observations as one section.

    Raises
    ------
    InputError
        There is no such column, or no such value in it.
    """
    adata = dataset.adata
    if choice == ALL_SECTIONS:
        adata.uns[READING] = {**reading_facts(adata), "section": ALL_SECTIONS}
        return dataset
    if (column := named(adata, choice)) is not None and len(column.values) > 1:
        return _take_largest(dataset, column, "")
    name, _, value = choice.partition("=")
    column = named(adata, name)
    if column is None:
        raise InputError(
            f"{path} has no {choice!r} for --section: give COLUMN=VALUE with a column of obs "
            f"({listed(each.name for each in columns(adata))})."
        )
    if (found := column.index(value)) < 0:
        raise InputError(
            f"{path} has no {value!r} for --section {name}=: choose one of {listed(column.names)}."
        )
    return _take(dataset, column, found)


def split(dataset: Dataset, path: Path, name: str) -> dict[str, Dataset]:
    """Return every section, by its value in a column.

    Parameters
    ----------
    dataset
        Checked.
    path
        What was opened, for messages.
    name
        Column of ``obs``, or several with commas between them. Observations without a value are
        in no section.

    Raises
    ------
    InputError
        There is no such column, or it does not separate sections; or a section was chosen.
    """
    if dataset.options.section:
        raise InputError(f"give --section for one section of {path}, or --section-column for all.")
    adata = dataset.adata
    column = named(adata, name)
    if column is None:
        raise InputError(
            f"{path} has no column {name!r} for --section-column: choose one of "
            f"{listed(each.name for each in columns(adata))}."
        )
    known = [i for i, value in enumerate(column.values) if not is_missing(value)]
    names = [column.names[i] for i in known]
    if len(known) < 2 or len(known) * FEWEST > adata.n_obs or len(set(names)) < len(names):
        raise InputError(
            f"{path} has {counted(len(set(names)), 'value')} in its column {name} for "
            f"{counted(adata.n_obs, 'observation')}, which are no sections: choose another column."
        )
    left = adata.n_obs - int(column.sizes[known].sum())
    more = (f"{counted(left, 'observation')} without a value of {name} left out.",) if left else ()
    return {
        own: replace(
            taken := _take(dataset, column, i),
            notes=(*taken.notes, *more),
            options=replace(dataset.options, section=f"{column.name}={own}"),
        )
        for own, i in zip(names, known, strict=True)
    }


def separated(dataset: Dataset, path: Path) -> Dataset:
    """Return the largest of several sections that lie on top of each other, with a note.

    Parameters
    ----------
    dataset
        Checked; its AnnData may be modified.
    path
        What was opened, for the sentence.

    Returns
    -------
    Dataset
        It is `Dataset.separate`.

    Raises
    ------
    InputError
        Sections lie on top of each other, and nothing separates them.
    """
    if drawn_as_one(dataset.adata):
        return _as_one(dataset)
    stack = stacked(dataset.adata)
    if not dataset.options.spatial_key and (used := use_global(dataset.adata, stack)):
        dataset, stack = replace(dataset, notes=(*dataset.notes, *used)), stacked(dataset.adata)
    while stack.column is not None:
        dataset = _take_largest(dataset, stack.column, " on top of each other")
        stack = stacked(dataset.adata)
    if stack.found:
        raise InputError(
            f"{path} {nothing_tells(dataset.adata, stack)}, or draw them as one with "
            f"--section {ALL_SECTIONS}."
        )
    if stack.doubt is not None and not dataset.options.section:
        doubt = stack.doubt
        note = (
            f"The {len(doubt.values)} values of the column {doubt.name} cover the same area "
            f"without overlap, as labels in one section do: if they are sections, select one with "
            f"--section {doubt.name}=… ({listed(doubt.names[i] for i in doubt.by_size)})."
        )
        dataset = replace(dataset, notes=(*dataset.notes, note))
    return replace(dataset, separate=True)


def _as_one(dataset: Dataset) -> Dataset:
    """Add a note where the user chose to draw sections on top of each other."""
    column = stacked(dataset.adata).column
    if column is None:
        return replace(dataset, separate=True)
    note = (
        f"All {len(column.values)} sections are drawn on top of each other, as was chosen; "
        f"--section {column.name}=… takes one ({listed(column.names[i] for i in column.by_size)})."
    )
    sections = _choice(column, ALL_SECTIONS)
    return replace(dataset, sections=sections, notes=(*dataset.notes, note), separate=True)


def _take_largest(dataset: Dataset, column: SectionColumn, how: str) -> Dataset:
    first, *others = column.by_size
    note = (
        f"Of {len(column.values)} sections{how} the one with the most observations is used "
        f"({column.name} {column.names[first]}); --section {column.name}=… takes another "
        f"({listed(column.names[i] for i in others)})."
    )
    dataset = _take(dataset, column, first)
    return replace(dataset, notes=(*dataset.notes, note))


def _take(dataset: Dataset, column: SectionColumn, value: int) -> Dataset:
    """Return one section; the first choice records the available sections."""
    sections = dataset.sections or _choice(column, column.names[value])
    return replace(dataset, adata=only(dataset.adata, column, value), sections=sections)


def _choice(column: SectionColumn, chosen: str) -> Sections:
    return Sections(
        column=column.name,
        names=tuple(column.names[i] for i in column.by_size),
        observations=tuple(int(column.sizes[i]) for i in column.by_size),
        chosen=chosen,
    )
