"""Find the columns of x and y by name, in any order.

A name is split into words, one of which names the axis. Two columns are a pair where the other
words are equal, and where all of them are words for positions: ``CenterX_global_px``,
``pxl_row_in_fullres``, ``imagecol``, ``Centroid Y µm``, but not ``umap_x`` or ``n_counts_y``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from darlc.data.features import EMBEDDINGS

#: Rows of an image are counted downwards, as y is; columns to the right, as x is.
_AXES = {"x": "x", "y": "y", "z": "z"} | dict.fromkeys(("col", "cols", "column", "columns"), "x")
_AXES |= dict.fromkeys(("row", "rows"), "y")
#: Words for the whole slide and for a part of it, for images, for lattices, and for units.
_GLOBAL = frozenset({"global", "slide", "stage", "abs", "absolute", "stitched"})
_LOCAL = frozenset({"local", "fov", "tile"})
_PICTURE = frozenset({"px", "pxl", "pixel", "pixels", "img", "image", "fullres", "hires", "lowres"})
_LATTICE = frozenset({"array", "grid", "bin", "index", "idx", "lattice", "num", "number"})
_MICRONS = dict.fromkeys(("um", "μm", "micron", "microns", "micrometer", "micrometre"), 1.0)
_MICRONS |= dict.fromkeys(("micrometers", "micrometres"), 1.0)
_MICRONS |= {"nm": 0.001, "mm": 1000.0}
_PLACES = re.compile(
    r"""c|cent(er|re|roid)s?|com|coo?r|coor?ds?|cords?|coordinates?|dim|loc|locations?|obs
    |pos|positions?|sdim|spatial(ly)?|st|xy|point|area|shape|reconstructed|original|raw|new|adj|adjusted|aligned
    |registered|scaled|tissue|section|(spot|cell|bead)s?|nucle(us|i)|in|of|the|full|res|high|low""",
    re.VERBOSE,
)
_WORDS = _GLOBAL | _LOCAL | _PICTURE | _LATTICE | frozenset(_MICRONS)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W\d_]+|\d+")
#: Where a number means the axis: after these words 0 or 1 is x; after "centroid", as in
#: scikit-image, the order is that of an array, y before x.
_NUMBERED = frozenset({"spatial", "coord", "coords", "coordinate", "coordinates", "sdim", "st"})
#: Columns that identify or group observations, which are not positions.
_IDS = re.compile(
    r"""(unnamed[\W_]*\d*|index|row[\W_]?names?|names?|
    (cell|spot|bead|bin|object|observation|obs)?[\W_]*(id|ids|label|name|number|nr)|
    (cell|spot|bead|bin|object|observation)s?|barcodes?|bead[\W_]?barcodes?|bc|
    (section|slice|slide|sample|library|lib|batch|donor|patient|subject|animal|mouse|fov|field|
    region|tissue|in[\W_]?tissue|bregma|replicate|puck|core|run|orig[\W_]?ident|cluster|clusters|
    leiden|louvain|cell[\W_]?type|celltype|label|labels|annotation|domain|layer|area|volume)
    [\W_]*(id|ids|nr|number|name)?|
    (n|total|num)[\W_]*(counts?|genes?|umis?|transcripts?|features?)([\W_]by[\W_]counts)?|
    n(count|feature)[\W_]*\w*|
    (x[\W_])?("""
    + EMBEDDINGS
    + r""")[\W_]*(\d+|x|y|z)?)?""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True)
class Axes:
    """A pair of columns of coordinates.

    Parameters
    ----------
    x, y
        Their names.
    microns
        Micrometres in one unit, where a name states the unit; else NaN.
    lattice
        Whether they count rows and columns of a lattice.
    """

    x: Hashable
    y: Hashable
    microns: float = float("nan")
    lattice: bool = False


@dataclass(frozen=True)
class _Name:
    """A name split into its axis, its other words, and its spelling."""

    axis: str
    words: tuple[str, ...]
    counted: bool
    spelling: str


def find_axes(names: Iterable[Hashable]) -> Axes | None:
    """Return which columns are x and y; None where no names match.

    Coordinates of the whole slide come before those of fields of view, and all before the rows
    and columns of a lattice.

    Examples
    --------
    >>> find_axes(["tissue", "row", "col", "imagerow", "imagecol"])
    Axes(x='imagecol', y='imagerow', microns=nan, lattice=False)
    >>> find_axes(["z", "Y_um", "X_um"])
    Axes(x='X_um', y='Y_um', microns=1.0, lattice=False)
    >>> find_axes(["umap_x", "umap_y"]) is None
    True
    """
    return next(iter(all_axes(names)), None)


def all_axes(names: Iterable[Hashable]) -> list[Axes]:
    """Return all pairs of columns that are x and y, the best first."""
    names = list(names)
    groups: dict[tuple[tuple[str, ...], bool], dict[str, list[tuple[Hashable, _Name]]]] = {}
    for name in names:
        parsed = _parse(str(name))
        if parsed is not None:
            group = groups.setdefault((parsed.words, parsed.counted), {})
            group.setdefault(parsed.axis, []).append((name, parsed))
    found = []
    for (words, counted), group in groups.items():
        for x, known in group.get("x", []):
            partners = group.get("y", [])
            same = [each for each in partners if each[1].spelling == known.spelling]
            if same or partners:
                y = (same or partners)[0][0]
                microns = next((_MICRONS[w] for w in words if w in _MICRONS), float("nan"))
                rank = (_rank(words, counted), not same)
                found.append((rank, Axes(x, y, microns, rank[0] == _LATTICE_RANK)))
    found += [((3, False), each) for each in _numbered(names)]
    return [axes for _, axes in sorted(found, key=lambda each: each[0])]


def is_axis(name: Hashable) -> bool:
    """Return whether a column has the name of a coordinate, z included."""
    return _parse(str(name)) is not None


def is_height(name: Hashable) -> bool:
    """Return whether a column has a name of z."""
    parsed = _parse(str(name))
    return parsed is not None and parsed.axis == "z"


def is_identifier(name: Hashable) -> bool:
    """Return whether a column identifies, groups or summarises observations, by its name."""
    return _IDS.fullmatch(str(name).strip()) is not None


_LATTICE_RANK = 5


def _rank(words: tuple[str, ...], counted: bool) -> int:
    own = set(words)
    if own & _LATTICE or (counted and not own & _PICTURE):
        return _LATTICE_RANK
    if own & _LOCAL:
        return 4
    if own & _GLOBAL:
        return 0
    return 2 if own else 1


@lru_cache(maxsize=4096)
def _parse(name: str) -> _Name | None:
    plain = unicodedata.normalize("NFKC", name).strip()
    if len(plain) > 60:
        return None
    spelt = [word for part in _CAMEL.split(plain) for word in _WORD.findall(part)]
    axis, words, spelling = "", [], ""
    for word in spelt:
        found, rest = _split(word.casefold())
        if found and axis:
            return None
        if found:
            axis, spelling = found, "upper" if word[word.casefold().index(found)].isupper() else ""
        if rest:
            if not _is_known(rest):
                return None
            words.append(rest)
    if not axis:
        return None
    return _Name(_AXES[axis], tuple(words), len(axis) > 1, spelling)


def _split(word: str) -> tuple[str, str]:
    """Return the axis that a word names, and the rest of it: ``imagerow``, ``xcoord``."""
    if word in _AXES:
        return word, ""
    if _is_known(word):
        return "", word
    for axis in sorted(_AXES, key=len, reverse=True):
        if word.startswith(axis) and _is_known(word[len(axis) :]):
            return axis, word[len(axis) :]
        if word.endswith(axis) and _is_known(word[: -len(axis)]):
            return axis, word[: -len(axis)]
    return "", word


def _is_known(word: str) -> bool:
    return word in _WORDS or _PLACES.fullmatch(word) is not None


def _numbered(names: list[Hashable]) -> list[Axes]:
    """Return columns that number the axes: ``spatial_1``, ``centroid-0``."""
    found: dict[tuple[str, ...], dict[int, Hashable]] = {}
    for name in names:
        parts = _WORD.findall(str(name).casefold())
        if len(parts) > 1 and parts[-1] in "0123":
            found.setdefault(tuple(parts[:-1]), {})[int(parts[-1])] = name
    axes = []
    for words, by_number in found.items():
        first = min(by_number)
        if first > 1 or first + 1 not in by_number or not all(map(_is_known, words)):
            continue
        pair = by_number[first], by_number[first + 1]
        if words[-1] in _NUMBERED:
            axes.append(Axes(*pair))
        elif words[-1] == "centroid":
            third = by_number.get(first + 2)
            y, x = pair if third is None else (pair[1], third)
            axes.append(Axes(x, y))
    return axes
