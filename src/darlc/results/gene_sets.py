"""Gene sets: named genes, with a record of how they were chosen; immutable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from darlc.data.keys import RECORDED, RESULT, StoredGeneSets
from darlc.data.storable_text import clean
from darlc.errors import InputError
from darlc.images.gene_labels import NamedGenes
from darlc.wording import listed

#: How two or more sets become one: all genes; those in every set; those in the first set alone.
Combination = Literal["union", "intersection", "difference"]
_COMBINED = {"union": " ∪ ", "intersection": " ∩ ", "difference": " \\ "}


@dataclass(frozen=True)
class GeneSet:
    """Genes with a name, and with a record of how they were chosen.

    Parameters
    ----------
    name
        Any text; white space is made single spaces.
    genes
        Names of the genes, each once, in the order in which they were given. Those of a result's
        sets are the data's own names.
    record
        How the genes were chosen, as a sentence or a part of one; empty where it is not known.

    Raises
    ------
    InputError
        The name is empty.
    """

    name: str
    genes: tuple[str, ...]
    record: str = ""

    def __post_init__(self) -> None:
        name = _one_line(self.name)
        if not name:
            raise InputError("a gene set needs a name: type at least one character.")
        genes = (_one_line(str(gene)) for gene in self.genes)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "genes", tuple(dict.fromkeys(gene for gene in genes if gene)))
        object.__setattr__(self, "record", _one_line(self.record))

    def __len__(self) -> int:
        """Return the number of genes."""
        return len(self.genes)

    def __contains__(self, gene: object) -> bool:
        """Return whether a gene is in the set."""
        return gene in self.genes

    def found_in(self, known: NamedGenes) -> Self:
        """Return the set with the data's own names; genes that the data do not hold are left out.

        A gene is found by its name in the data, its symbol or its identifier, all in upper case.
        So mouse and human genes that differ by case alone are the same; others are not.
        """
        found = np.flatnonzero(membership([self], known)[0])
        record = self.record
        missing = len(self.genes) - len(_in_upper_case(self.genes) & _all_names(known))
        if missing:
            record += f"{'; ' if record else ''}{missing} of {len(self.genes)} not in the data"
        return replace(self, genes=tuple(known.gene[found].tolist()), record=record)


def combined(sets: Sequence[GeneSet], how: Combination, name: str = "") -> GeneSet:
    """Return one set that is made of several.

    Parameters
    ----------
    sets
        Two or more.
    how
        ``"union"``: genes of any; ``"intersection"``: of all; ``"difference"``: those of the
        first that are in none of the others.
    name
        Of the new set; by default the names with a sign between them.

    Raises
    ------
    InputError
        Fewer than two sets are given, or there is no such way of combining them.
    """
    if how not in _COMBINED:
        raise InputError(f"{how!r} is no way to combine sets: choose {', '.join(_COMBINED)}.")
    if len(sets) < 2:
        raise InputError(f"a{'n' if how[0] in 'iu' else ''} {how} takes two sets: name another.")
    genes: dict[str, None] = dict.fromkeys(sets[0].genes)
    for other in sets[1:]:
        if how == "union":
            genes |= dict.fromkeys(other.genes)
        else:
            there = set(other.genes)
            wanted = how == "intersection"
            genes = {gene: None for gene in genes if (gene in there) == wanted}
    parts = [each.name + (f" ({each.record})" if each.record else "") for each in sets]
    title = _COMBINED[how].join(each.name for each in sets)
    return GeneSet(name or title, tuple(genes), f"{how} of {_and(parts)}")


@dataclass(frozen=True)
class GeneSets:
    """Gene sets by name, in the order in which they were added; immutable.

    Parameters
    ----------
    sets
        With unique names.

    Raises
    ------
    InputError
        Two sets have the same name.
    """

    sets: tuple[GeneSet, ...] = ()

    def __post_init__(self) -> None:
        if len(self._by_name) < len(self.sets):
            raise InputError("two gene sets have the same name: rename one of them.")

    def __iter__(self) -> Iterator[GeneSet]:
        """Yield the sets in their order."""
        return iter(self.sets)

    def __len__(self) -> int:
        """Return the number of sets."""
        return len(self.sets)

    def __contains__(self, name: object) -> bool:
        """Return whether a set has a name."""
        return name in self._by_name

    def __getitem__(self, name: str) -> GeneSet:
        """Return a set by its name.

        Raises
        ------
        InputError
            No set has the name.
        """
        found = self._by_name.get(_one_line(name))
        if found is None:
            raise InputError(
                f"there is no gene set '{name}': choose one of these: {listed(self._by_name)}."
            )
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the sets, in their order."""
        return tuple(self._by_name)

    def added(self, *sets: GeneSet) -> Self:
        """Return them with further sets, at the end.

        Raises
        ------
        InputError
            A set of the name is there already.
        """
        for each in sets:
            if each.name in self:
                raise InputError(
                    f"a gene set is called {each.name} already: choose another name, or remove it."
                )
        return replace(self, sets=(*self.sets, *sets))

    def removed(self, *names: str) -> Self:
        """Return them without some sets.

        Raises
        ------
        InputError
            No set has one of the names.
        """
        gone = {self[name].name for name in names}
        return replace(self, sets=tuple(each for each in self.sets if each.name not in gone))

    def renamed(self, old: str, new: str) -> Self:
        """Return them with another name for one set, which keeps its place.

        Raises
        ------
        InputError
            No set has the old name, another has the new one, or it is empty.
        """
        before = self[old]
        after = replace(before, name=new)
        if after.name != before.name and after.name in self:
            raise InputError(f"another gene set is called {after.name}: choose another name.")
        return replace(self, sets=tuple(after if each is before else each for each in self.sets))

    def combined(self, names: Sequence[str], how: Combination, name: str = "") -> Self:
        """Return them with a further set that is made of some of them; see `combined`."""
        return self.added(combined([self[each] for each in names], how, name))

    def free_name(self, wanted: str) -> str:
        """Return a name that no set has: the one that is wanted or, where it is taken, a number."""
        wanted = _one_line(wanted)
        if wanted not in self:
            return wanted
        return next(name for i in count(2) if (name := f"{wanted} ({i})") not in self)

    @property
    def _by_name(self) -> dict[str, GeneSet]:
        return {each.name: each for each in self.sets}


def membership(sets: Iterable[GeneSet], known: NamedGenes) -> NDArray[np.bool_]:
    """Return which genes (G,) are in which sets, (S, G).

    A gene is in a set that holds its name in the data, its symbol or its identifier, once all are
    in upper case. So *Mbp* of mouse and *MBP* of human match; genes whose symbols differ by more
    than case, or that are orthologs by another name, do not. Where several genes have one symbol,
    each of them is in the set.

    Parameters
    ----------
    sets
        S sets.
    known
        G genes.
    """
    # Sorted once, so that many sets cost no more than the names in them.
    rows: dict[str, list[int]] = {}
    for names in (known.gene, known.symbol, known.identifier):
        for row, name in enumerate(names.tolist()):
            if name:
                rows.setdefault(name.upper(), []).append(row)
    held = [
        [row for gene in _in_upper_case(each.genes) for row in rows.get(gene, ())] for each in sets
    ]
    found = np.zeros((len(held), len(known)), dtype=bool)
    for i, members in enumerate(held):
        found[i, members] = True
    return found


def pack_gene_sets(sets: GeneSets) -> StoredGeneSets:
    """Return sets as arrays by name.

    Those without a record stand as a script writes them, an array of genes under the set's name.
    The others stand together, because a file of many small arrays is slow.
    """
    stored: StoredGeneSets = {}
    recorded = []
    for each in sets:
        if each.record or "/" in each.name or each.name == RECORDED:
            recorded.append(each)
        else:
            stored[each.name] = _text(each.genes)
    if recorded:
        stored[RECORDED] = {
            "names": _text(each.name for each in recorded),
            "records": _text(each.record for each in recorded),
            "sizes": np.array([len(each) for each in recorded], dtype=np.int64),
            "genes": _text(gene for each in recorded for gene in each.genes),
        }
    return stored


def unpack_gene_sets(stored: Mapping[str, Any]) -> GeneSets:
    """Rebuild sets, those that scripts wrote among them.

    Raises
    ------
    ValueError
        Numbers of genes do not fit.
    """
    sets: list[GeneSet] = []
    if isinstance(held := stored.get(RECORDED), Mapping):
        sizes = np.asarray(held["sizes"], dtype=np.int64)
        genes = [str(gene) for gene in held["genes"]]
        if (sizes < 0).any() or sizes.sum() != len(genes):
            raise ValueError(f"{len(genes)} genes of gene sets of {sizes.sum()}")
        ends = np.cumsum(sizes)
        sets += [
            GeneSet(str(name), tuple(genes[end - size : end]), str(record))
            for name, record, size, end in zip(
                held["names"], held["records"], sizes, ends, strict=True
            )
        ]
    taken = {each.name for each in sets}
    for name, members in stored.items():
        if isinstance(members, Mapping) or name in taken or not str(name).strip():
            continue  # what else a script may have put there is none of ours
        sets.append(GeneSet(str(name), tuple(str(gene) for gene in np.atleast_1d(members))))
    return GeneSets(tuple(sets))


def sets_in(uns: Mapping[str, Any]) -> GeneSets:
    """Return the sets that the ``uns`` of an AnnData holds; none where these cannot be read."""
    try:
        return unpack_gene_sets(uns[RESULT]["gene_sets"])
    except (KeyError, TypeError, ValueError, AttributeError):
        return GeneSets()


def _in_upper_case(names: Iterable[str]) -> set[str]:
    return {name.upper() for name in names}


def _all_names(known: NamedGenes) -> set[str]:
    return _in_upper_case((*known.gene, *known.symbol, *known.identifier))


def _text(values: Iterable[str]) -> NDArray[np.str_]:
    return np.array(list(values), dtype=np.str_)


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())


def _and(parts: Sequence[str]) -> str:
    return ", ".join(parts[:-1]) + f" and {parts[-1]}"
