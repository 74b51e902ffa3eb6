"""What a format is: how its files are recognised, and how they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING

from darlc.data.dataset import Dataset, ReadOptions

if TYPE_CHECKING:
    from anndata import AnnData


def _never(path: Path) -> bool:
    return False


@dataclass(frozen=True, kw_only=True)
class Format:
    """A kind of file or folder that darlc reads.

    Parameters
    ----------
    name
        Short name, as it stands in `Dataset.format`; each format has its own.
    description
        What it is, in a few words with an article, for a sentence that lists what is understood:
        ``"a Xenium folder"``.
    read
        Opens a path that was recognised. It is given the path and what the user chose, and
        returns an AnnData of observations × genes, or a `Dataset` where there are notes for the
        user. ``obsm["spatial"]`` holds (x, y) of every observation, y downwards; ``X`` holds
        counts where there are any. Names need not be unique, and features that are no genes may
        be among the genes: that is seen to afterwards. For what is wrong with a file it raises
        `InputError` with a sentence; whatever else it raises reaches the user as one.
    suffixes
        How names of such files end, each with its dot and in lower case, as in ``(".csv",
        ".csv.gz")``: no other path is asked about. Empty where names do not tell.
    matches
        Whether a path is of this kind, from names and first bytes only: it is asked about every
        path that is dropped on a window, on the window's own thread. Without it every file with
        one of ``suffixes`` is.
    heeds
        Names of the options of `ReadOptions` that ``read`` sees to. Of the others, those that
        any AnnData can answer (``section``, ``spatial_key``, ``layer``, ``gene_names``, ``mask``,
        ``features``) are seen to afterwards; the rest are refused.
    accepts
        Like ``matches``, for paths that a viewer has readers of its own for: asked only when
        somebody insists on a path that no format claims.

    Raises
    ------
    ValueError
        Nothing says how such a path is recognised, or a part cannot be what it is.

    Examples
    --------
    >>> import pathlib
    >>> def read_spots(path, options): ...
    >>> FORMAT = darlc.Format(
    ...     name="spots", description="a .spots file", suffixes=(".spots",), read=read_spots
    ... )
    >>> FORMAT.claims(pathlib.Path("tissue.spots")), FORMAT.claims(pathlib.Path("tissue.h5ad"))
    (True, False)
    """

    name: str
    description: str
    read: Callable[[Path, ReadOptions], AnnData | Dataset]
    suffixes: tuple[str, ...] = ()
    matches: Callable[[Path], bool] | None = None
    heeds: frozenset[str] = field(default=frozenset())
    accepts: Callable[[Path], bool] = _never

    def __post_init__(self) -> None:
        if isinstance(self.suffixes, str):
            raise ValueError(f"suffixes of format {self.name!r} are one text: write a tuple.")
        # As they may come from another package, in any collection.
        object.__setattr__(self, "suffixes", tuple(self.suffixes))
        object.__setattr__(self, "heeds", frozenset(self.heeds))
        if not self.name.strip():
            raise ValueError("a format needs a name.")
        if not self.suffixes and self.matches is None:
            raise ValueError(f"format {self.name!r} needs suffixes, or a function for matches.")
        _refuse(self, "suffixes", (each for each in self.suffixes if not _is_suffix(each)))
        options = {each.name for each in fields(ReadOptions)}
        _refuse(self, "heeds", sorted(self.heeds - options))

    def claims(self, path: Path) -> bool:
        """Return whether a path is of this kind."""
        if self.suffixes and not path.name.lower().endswith(self.suffixes):
            return False
        return path.is_file() if self.matches is None else self.matches(path)


def _is_suffix(text: str) -> bool:
    return len(text) > 1 and text.startswith(".") and text == text.lower()


def _refuse(fmt: Format, part: str, wrong: Iterable[str]) -> None:
    for each in wrong:
        meant = "an option of ReadOptions" if part == "heeds" else "a dot and lower-case letters"
        raise ValueError(f"{each!r} in {part} of format {fmt.name!r} is not {meant}.")
