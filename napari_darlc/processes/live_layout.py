"""LiveLayout: positions of a Session's genes on the map, from raw views to UMAP of embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QObject, Signal

from darlc.explore.gene_map import (
    FEWEST_FOR_UMAP,
    aligned,
    coarse_pictures,
    pca_plane,
)
from darlc.images.sgep_images import SGEPImages
from darlc.images.statistics import standardised, unit_length
from darlc.results.denoised_views import DenoisedViews
from napari_darlc.processes.background import Background
from napari_darlc.processes.umap_process import COMMAND, UmapProcess
from napari_darlc.session.session import Session

Source = Literal["", "raw", "denoised", "embedding"]
Method = Literal["PCA", "UMAP"]
#: Key of a map: the objects from which its genes and vectors were made.
_Key = tuple[Source, object]


class LiveLayout(QObject):
    """Positions by coarse raw views, then by denoised views, then by the embedding.

    PCA is computed first, as it is fast. UMAP of an embedding is computed in another process.
    Memberships do not change positions.

    Parameters
    ----------
    session
        Session of the genes.
    parent
        Owner; all work ends with it.
    command
        Command that computes UMAP.
    """

    #: Emitted when genes or positions changed.
    moved = Signal()
    #: Emitted when ``umap_note`` changed.
    noted = Signal()

    def __init__(self, session: Session, parent: QObject, command: Sequence[str] = COMMAND) -> None:
        super().__init__(parent)
        self._session = session
        self._key: _Key = ("", None)
        self._asked: _Key = ("", None)
        self._images: SGEPImages | None = None
        self._of_all: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self._planes: dict[Method, NDArray[np.float32]] = {}
        self._vectors = np.zeros((0, 0), dtype=np.float32)
        self._method: Method = "UMAP"
        self._rows = np.arange(0)
        #: Positions of the genes on the map among all genes, (n,).
        self.genes: NDArray[np.int64] = self._of_all
        #: Why UMAP is not available, or not yet; empty where it is.
        self.umap_note = ""
        self._pca = Background(self)
        self._pca.answered.connect(self._on_pca)
        self._umap = UmapProcess(self, command)
        self._umap.arranged.connect(self._on_umap)
        self._umap.failed.connect(self._on_failed)

    @property
    def source(self) -> Source:
        """What positions are computed from."""
        return self._key[0]

    @property
    def method(self) -> Method:
        """Method of the current positions: UMAP where it is available and chosen."""
        return self._method if self._method in self._planes else "PCA"

    @property
    def waiting(self) -> bool:
        """Whether a first map is being computed."""
        return self._pca.busy

    @property
    def pid(self) -> int | None:
        """Number of the process that computes UMAP; None while there is none."""
        return self._umap.pid

    @property
    def plane(self) -> NDArray[np.float32]:
        """Positions of the genes, (n, 2)."""
        plane = self._planes.get(self.method, np.zeros((len(self._of_all), 2), np.float32))
        return plane if len(self._rows) == len(plane) else plane[self._rows]

    def set_method(self, method: Method) -> None:
        """Choose between PCA and, once it is available, UMAP."""
        before = self.method
        self._method = method
        if self.method != before:
            self.moved.emit()

    def refresh(self) -> None:
        """Compute positions anew if the session's genes or vectors have changed."""
        images, model = self._session.images, self._session.model
        if images is not self._images:
            # Positions of another dataset's genes are not used.
            self._images = images
            self._forget()
        if images is None:
            return
        wanted: _Key = ("raw", images)
        if model is not None and model.embedding is not None:
            wanted = ("embedding", model.embedding)
        elif model is not None and model.denoised is not None:
            wanted = ("denoised", model.denoised)
        elif model is not None and self.source:
            # Training has no views yet, so genes keep their positions.
            wanted = self._asked
        if _same(wanted, self._asked):
            self._narrow()
            return
        self._asked = wanted
        self._umap.stop()
        genes = None if model is None else model.genes
        self._pca.ask(wanted, partial(_arrange, wanted, images, genes))

    def _forget(self) -> None:
        self._umap.stop()
        self._key = self._asked = ("", None)
        self._of_all, self._planes = np.empty(0, dtype=np.int64), {}
        self._choose_genes()
        self.moved.emit()

    def _on_pca(
        self, key: _Key, answer: tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]
    ) -> None:
        if not _same(key, self._asked):
            return
        genes, self._vectors, plane = answer
        self._accept(key, genes, plane)
        if key[0] != "embedding":
            self._note("UMAP comes with a result.")
        elif len(genes) < FEWEST_FOR_UMAP:
            self._note("There are too few genes for UMAP.")
        else:
            self._note("UMAP is being computed …")
            self._umap.ask(self._vectors, self._planes["PCA"])

    def _accept(self, key: _Key, genes: NDArray[np.int64], plane: NDArray[np.float32]) -> None:
        # Aligned with the current positions, so that similar genes move little.
        where = self.plane
        shown = dict(zip(self.genes.tolist(), range(len(self.genes)), strict=True))
        rows = np.array([shown.get(gene, -1) for gene in genes.tolist()], dtype=np.int64)
        if len(where) and (rows >= 0).any():
            plane = aligned(plane, where[rows], rows >= 0)
        self._key, self._of_all, self._planes = key, genes, {"PCA": plane}
        self._choose_genes()
        self.moved.emit()

    def _on_umap(self, plane: NDArray[np.float32]) -> None:
        if plane.shape != self._planes["PCA"].shape:
            self._on_failed("UMAP failed; see the terminal for details.")
            return
        self._planes["UMAP"] = plane
        self._note("")
        if self.method == "UMAP":
            self.moved.emit()

    def _on_failed(self, sentence: str) -> None:
        self._note(sentence)

    def _note(self, sentence: str) -> None:
        self.umap_note = sentence
        self.noted.emit()

    def _narrow(self) -> None:
        """Show the genes of the training at their positions before it started."""
        before = self.genes
        self._choose_genes()
        if not np.array_equal(before, self.genes):
            self.moved.emit()

    def _choose_genes(self) -> None:
        model = self._session.model
        self._rows = np.arange(len(self._of_all))
        if model is not None:
            self._rows = np.flatnonzero(np.isin(self._of_all, model.genes))
        self.genes = self._of_all[self._rows]


def _same(one: _Key, other: _Key) -> bool:
    return one[0] == other[0] and one[1] is other[1]


def _arrange(
    key: _Key, images: SGEPImages, genes: NDArray[np.int64] | None
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    """Return the genes on the map, (n,), their vectors (n, D), and positions (n, 2)."""
    source, values = key
    if source == "raw" or genes is None:
        vectors = coarse_pictures(images)
        genes = np.flatnonzero(vectors.any(axis=1))
        return genes, vectors[genes], pca_plane(vectors[genes])
    if isinstance(values, DenoisedViews):
        vectors = unit_length(values.factors.patterns).astype(np.float32)
    else:
        vectors = np.asarray(values, dtype=np.float32)
        vectors = standardised(vectors) if source == "denoised" else vectors
    return genes, vectors, pca_plane(vectors)
