"""Collections of gene sets in GMT files: a name, a description and genes, with tabs between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from darlc.errors import InputError
from darlc.io.guards.boundary import reading
from darlc.io.tables.text_table import LONGEST_LINE, open_text
from darlc.results.gene_sets import GeneSet, GeneSets

#: Characters of the largest file: a hundred times the largest collection of MSigDB.
_LONGEST = 500_000_000
ENDINGS = (".gmt", ".gmt.gz")
_WANTED = "GMT has a set a line: its name, a description and its genes, with tabs between"


def read_gmt(path: str | Path) -> GeneSets:
    """Read a collection of gene sets.

    Sets without genes are left out. Of a name that stands more than once, later sets get a number.
    Some collections write a weight after a comma behind each gene; it is ignored.

    Parameters
    ----------
    path
        ``.gmt``, or ``.gmt.gz``.

    Returns
    -------
    GeneSets
        Symbols as the file has them; records hold the name of the file and the descriptions.

    Raises
    ------
    InputError
        The file cannot be opened, or is no GMT file.

    Examples
    --------
    >>> hallmark = read_gmt("hallmark.gmt")
    >>> next(iter(hallmark)).name
    'HALLMARK_HYPOXIA'
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path} is no file: check the path and its spelling.")
    sets: dict[str, GeneSet] = {}
    times: Counter[str] = Counter()
    with reading(path), open_text(path) as file:
        read = number = 0
        while line := file.readline(LONGEST_LINE):
            read, number = read + len(line), number + 1
            if read > _LONGEST or len(line) == LONGEST_LINE:
                raise InputError(f"{path} is too large for a collection of gene sets: divide it.")
            if not line.strip() or line.startswith("#"):
                continue
            each = _set(line, path, number)
            if not each.genes:
                continue
            times[each.name] += 1
            while each.name in sets:
                each = replace(each, name=f"{each.name} ({times[each.name]})")
            sets[each.name] = each
    if not sets:
        raise InputError(f"{path} holds no gene set: {_WANTED}.")
    return GeneSets(tuple(sets.values()))


def read_collections(paths: Iterable[str | Path]) -> list[GeneSet]:
    """Read several collections of gene sets.

    Parameters
    ----------
    paths
        Files that `read_gmt` reads, and folders of such files; those within are read in the order
        of their names, and nothing is read of folders within a folder.

    Returns
    -------
    list of GeneSet
        All their sets, one file after the other. Two files may hold sets of one name.

    Raises
    ------
    InputError
        A file is no GMT file, or a folder holds none.
    """
    return [each for path in paths for file in _files(Path(path)) for each in read_gmt(file)]


def is_collection(path: str | Path) -> bool:
    """Return whether a path is named as a collection of gene sets."""
    return str(path).lower().endswith(ENDINGS)


def collections_in(folder: Path) -> list[Path]:
    """Return the collections in a folder, by name."""
    return sorted(each for each in folder.iterdir() if is_collection(each) and each.is_file())


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    with reading(path):
        found = collections_in(path)
    if not found:
        raise InputError(
            f"the folder {path} holds no collection of gene sets: put .gmt files into it."
        )
    return found


def _set(line: str, path: Path, number: int) -> GeneSet:
    cells = line.rstrip("\r\n").split("\t")
    if len(cells) < 2 or not cells[0].strip() or "\x00" in line:
        raise InputError(f"{path}, line {number}, is no gene set: {_WANTED}.")
    name, description, *genes = cells
    about = " ".join(description.split())
    record = f"from {path.name}" + ("" if about in ("", "na", "NA") else f": {about}")
    return GeneSet(name, tuple(gene.partition(",")[0] for gene in genes), record)
