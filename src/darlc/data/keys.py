"""Keys of darlc in an AnnData, and so in result files: a contract with scripts.

Scripts read result files by these keys. A key that is changed or removed needs a new
`SCHEMA_VERSION` and a way to read older files; ``tests/golden`` holds some.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Increased when a key is removed or changes its meaning, or when a new key is added whose content
#: an older version would lose. 1: no edits. 2: ``edited`` of `StoredResult`. 3: ``added``. 4:
#: ``pinned``. 5: factors in the place of denoised views, and every gene with enough molecules. 6:
#: ``second_patterns``.
SCHEMA_VERSION = 6

#: ``uns``: a `StoredResult`.
RESULT = "darlc"
#: ``var``, categorical: cluster of every gene with an answer; and clusters as the user edited them.
CLUSTER, CLUSTER_EDITED = "darlc_cluster", "darlc_cluster_edited"
#: ``var``, (n_vars,) float32 in [0, 1]: highest membership of every gene with an answer.
CONFIDENCE = "darlc_confidence"
#: ``var``, of genes with a second pattern: its cluster, categorical; float32 in [0, 1]: the share
#: of the gene's molecules that follow it, and the probability that the gene is a sum of two; see
#: `SecondPatterns`.
SECOND_CLUSTER, SECOND_SHARE = "darlc_second_cluster", "darlc_second_share"
SECOND_PROBABILITY = "darlc_second_probability"
#: ``varm``, (n_vars, D) float32: embedding of every gene with an answer, NaN for the others.
EMBEDDING = "X_darlc"
#: ``varm``, (n_vars, K) float32: membership of every gene with an answer, NaN for the others.
MEMBERSHIP = "darlc_membership"
#: ``obsm``, (n_obs, C) float32: scores of the programmes in every observation's pixel, NaN where it
#: has none; and ``varm``, (n_vars, C) float32: coefficients of every gene with an answer, NaN for
#: the others. Their product is the denoised view; see `StoredViews`.
PROGRAMMES, COEFFICIENTS = "X_darlc_programmes", "darlc_coefficients"
#: ``obsm``, (n_obs, 2) int64: row and column of every observation's pixel, -1 where it has none.
PIXEL = "darlc_pixel"
#: ``layers``, (n_obs, n_vars) float32 in log-normalised units: denoised views by observation.
DENOISED_LAYER = "darlc_denoised"

#: ``obsm``: values of features that are not genes; those of a layer are under this key, a dash and
#: the layer's name. ``uns``: their rows of ``var``, with three columns more.
LEFT_OUT = "darlc_left_out"
#: Columns of these rows: kind of the feature, its name, and its row in ``var``.
LEFT_OUT_KIND, LEFT_OUT_NAME, LEFT_OUT_ORDER = "darlc_kind", "darlc_name", "darlc_order"
#: ``uns``: facts that a reader found and that the data do not hold elsewhere. Entries that are not
#: known are left out: ``layer``, the matrix to use (``"X"`` or a key of ``layers``); ``values``,
#: what its numbers are, as in `SGEPImages`; ``microns``, micrometres in one unit of
#: ``obsm["spatial"]``; ``features``, the kinds of features that are read in place of genes;
#: ``section``, where it is ``"all"``. It is saved with the data, so that a copy is read in the same
#: way.
READING = "darlc_reading"
#: ``uns`` of a recovery file: reference to its dataset.
RECOVERY = "darlc_recovery"

#: File of what the sections of a study share, beside their result files.
STUDY_FILE = "study.h5ad"
#: Of that file, whose rows are genes and whose columns are sections: version of its
#: layout, and ``uns``, a `StoredStudy`. ``X`` holds `StudyResult.keeps`.
STUDY_VERSION, STUDY = 1, "darlc_study"
#: ``layers``, (G, S) int64; ``obs``, (G,) bool; ``obsm``, (G, S, K) float32: fields of
#: `StudyResult`. Cluster, confidence and membership have the same keys as in result files.
MOLECULES, DRAWING, SECTION_MEMBERSHIP = "molecules", "darlc_drawing", "darlc_section_membership"
EVIDENCE = "darlc_evidence"


def colours_of(column: str) -> str:
    """Return scanpy's key of ``uns`` for the colours of a column."""
    return f"{column}_colors"


class StoredGrid(TypedDict):
    """A `Grid` in a file."""

    affine: NDArray[np.float64]
    mask: NDArray[np.bool_]
    layout: str
    stagger: int
    microns: float


class StoredEdits(TypedDict, total=False):
    """Clusters as the user edited them; empty where nothing was edited."""

    membership: NDArray[np.float32]
    names: NDArray[np.str_]
    colours: NDArray[np.str_]
    hidden: NDArray[np.int64]


class StoredViews(TypedDict):
    """What denoised views need beside scores b and coefficients f; see `Factors`.

    A view is log1p(mean · max(1 + b·f, .02)), or max(mean + b·f, 0) with the link ``"identity"``;
    with a share, that of the pixel's own value in it.
    """

    mean: NDArray[np.float32]
    share: NDArray[np.float32]
    link: str


class StoredAdded(TypedDict, total=False):
    """Versions 3 and 4: genes that were denoised after the fit; empty where there are none."""

    genes: NDArray[np.str_]
    denoised: NDArray[np.float16]


class StoredSeconds(TypedDict, total=False):
    """Fields of `SecondPatterns`; empty where they were not looked for."""

    cluster: NDArray[np.int64]
    share: NDArray[np.float32]
    probability: NDArray[np.float32]


#: Sets of genes in ``gene_sets`` that have a record, all under this key, as a `StoredSets`. Every
#: other key is the name of a set that a script wrote, and its value an array of names of genes.
RECORDED = "recorded"


class StoredSets(TypedDict):
    """Gene sets in a file: names, records and sizes of S sets, and their genes, set after set."""

    names: NDArray[np.str_]
    records: NDArray[np.str_]
    sizes: NDArray[np.int64]
    genes: NDArray[np.str_]


StoredGeneSets = dict[str, "NDArray[np.str_] | StoredSets"]


class StoredResult(TypedDict):
    """Content of ``uns["darlc"]``; fields are those of `Result` unless described here.

    Parameters
    ----------
    schema_version
        Version of this contract that the file follows.
    config
        JSON of `Config.to_dict`.
    seed
        As in the config.
    history
        Loss curves by stage and name: keys of files hold no slash.
    genes
        (G,) names of the genes with an answer.
    denoised
        (G, P) up to version 4, where ``views`` is missing.
    drawing
        (G,) which genes drew the patterns.
    pooling
        Pixels of the picture grid along the side of one of the model grid.
    mixture_scalars
        Names of the parameters without dimensions, as files hold no such arrays.
    weights
        The bytes of ``Result.weights``, uint8.
    gene_sets
        Named gene sets, of darlc and of scripts; see `RECORDED`.
    """

    schema_version: int
    config: str
    seed: int
    versions: dict[str, str]
    fingerprint: str
    timings: dict[str, float]
    history: dict[str, dict[str, NDArray[np.float64]]]
    grid: StoredGrid
    genes: NDArray[np.str_]
    denoised: NotRequired[NDArray[np.float16]]
    views: NotRequired[StoredViews]
    drawing: NotRequired[NDArray[np.bool_]]
    pooling: NotRequired[int]
    mixture: dict[str, NDArray[Any]]
    mixture_scalars: NDArray[np.str_]
    weights: NDArray[np.uint8]
    cluster_names: NDArray[np.str_]
    cluster_colours: NDArray[np.str_]
    edited: NotRequired[StoredEdits]
    added: NotRequired[StoredAdded]
    pinned: NotRequired[NDArray[np.str_]]
    second_patterns: NotRequired[StoredSeconds]
    notes: NDArray[np.str_]
    stage: str
    stopped: bool
    device: str
    gene_sets: NotRequired[StoredGeneSets]


class StoredStudy(TypedDict):
    """Content of ``uns["darlc_study"]``; fields are those of `StudyResult` unless described here.

    Parameters
    ----------
    schema_version
        Version of the layout.
    config
        JSON of `Config.to_dict`.
    files
        (S,) names of the result files of the sections, beside this file.
    fingerprints
        (S,) those of these results.
    """

    schema_version: int
    config: str
    files: NDArray[np.str_]
    fingerprints: NDArray[np.str_]
    constancy: float
    cluster_names: NDArray[np.str_]
    cluster_colours: NDArray[np.str_]
    notes: NDArray[np.str_]
    timings: dict[str, float]
    versions: dict[str, str]
