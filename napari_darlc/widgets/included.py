"""From the genes that a user typed to the names that the data have for them."""

from __future__ import annotations

from collections.abc import Sequence

from darlc.errors import InputError
from napari_darlc.session import Session


def included_genes(session: Session, typed: Sequence[str]) -> tuple[str, ...]:
    """Return the data's names of genes that were typed as names or as labels.

    Parameters
    ----------
    session
        Whose dataset is meant; without one the names come back as they are.
    typed
        Names or labels, in any case where that is unambiguous.

    Raises
    ------
    InputError
        A gene is not in the data.
    """
    if session.images is None or not typed:
        return tuple(typed)
    names = [str(name) for name in session.images.gene_names]
    labels = [str(label) for label in session.gene_labels]
    known = {word.casefold(): name for word, name in zip(labels, names, strict=True)}
    known |= {name.casefold(): name for name in names}
    known |= {name: name for name in names}
    found = {word: known.get(word, known.get(word.casefold(), "")) for word in typed}
    missing = [word for word, name in found.items() if not name]
    if missing:
        raise InputError(
            f"include: {', '.join(missing[:5])} {'is' if len(missing) == 1 else 'are'} not among "
            "the genes of the dataset: check the spelling."
        )
    return tuple(dict.fromkeys(found.values()))
