"""A study in a folder: an ordinary result file for each section, and a file of what they share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from darlc.config import Config
from darlc.data.keys import (
    CLUSTER,
    CONFIDENCE,
    DRAWING,
    EVIDENCE,
    MEMBERSHIP,
    MOLECULES,
    SECTION_MEMBERSHIP,
    STUDY,
    STUDY_FILE,
    STUDY_VERSION,
    StoredStudy,
    colours_of,
)
from darlc.data.storable_text import clean_array
from darlc.errors import InputError
from darlc.io import result_file
from darlc.io.listing import names
from darlc.io.registry import find_format
from darlc.io.store import OnNote, tell, try_out, write
from darlc.io.study.folder import check_folder, section_files, whole_folder
from darlc.results.result import Result
from darlc.results.study import StudyResult
from darlc.wording import listed

if TYPE_CHECKING:
    from anndata import AnnData


def save_study(
    study: StudyResult,
    folder: str | Path,
    denoised_layer: bool = False,
    on_note: OnNote | None = None,
) -> Path:
    """Write a folder with a result file for each section, and ``study.h5ad`` of what they share.

    Parameters
    ----------
    study
        Its sections are bound to the data that were fitted.
    folder
        Where. An earlier study there is replaced once the new one is complete.
    denoised_layer
        As for `Result.save`.
    on_note
        Called with each sentence on what was renamed or turned to text; by default each is a
        `DataWarning`.

    Raises
    ------
    InputError
        The folder cannot be written, or holds something else.
    """
    folder = Path(folder)
    check_study_target(folder, study.section_names)
    files = section_files(study.section_names)
    notes: list[str] = []
    with whole_folder(folder) as temporary:
        for name, file, result in zip(study.section_names, files, study.sections, strict=True):

            def said(note: str, name: str = name) -> None:
                notes.append(f"{name}: {note}")

            result_file.save(result, temporary / file, denoised_layer, said)
        write(_assemble(study, files), temporary / STUDY_FILE)
    tell(notes, on_note)
    return folder


def check_study_target(
    folder: Path, section_names: tuple[str, ...], sources: tuple[Path, ...] = ()
) -> None:
    """Raise if a study cannot, or must not, be written to a folder; see `check_folder`.

    Parameters
    ----------
    folder
        Where; an earlier study there may be replaced.
    section_names
        Names of the sections.
    sources
        The inputs, which are never overwritten.

    Raises
    ------
    InputError
        The message names the path and says what to do.
    """
    ours = {STUDY_FILE, *section_files(section_names)}
    if STUDY_FILE in names(folder):
        ours |= set(_files_of(folder / STUDY_FILE))
    check_folder(folder, ours, sources)


def try_out_study(adatas: Mapping[str, AnnData], folder: Path) -> dict[str, tuple[str, ...]]:
    """Check that the results of sections can be written to a folder, before long work.

    Parameters
    ----------
    adatas
        Data of the sections by name; not modified.
    folder
        Where; nothing is left there.

    Returns
    -------
    dict
        By section, sentences on what will be renamed or become text.

    Raises
    ------
    InputError
        As from `save_study`.
    """
    check_study_target(folder, tuple(adatas))
    files = section_files(tuple(adatas))
    with whole_folder(folder, keep=False) as temporary:
        return {
            name: try_out(adata, temporary / file)
            for file, (name, adata) in zip(files, adatas.items(), strict=True)
        }


# Checkers of types that know of results only still accept what scripts do with one.
def load(path: str | Path) -> Result | Any:
    """Read a result file, or the folder of a study.

    Parameters
    ----------
    path
        Of this version of darlc or of any before: a result file, ``.h5ad`` or ``.zarr``; or the
        folder of several sections, or its ``study.h5ad``.

    Returns
    -------
    Result or StudyResult
        The ``adata`` of a result holds all of its file.

    Raises
    ------
    InputError
        A file cannot be read, holds no result, or was written by a newer version.

    Examples
    --------
    >>> result = darlc.load("result.h5ad")
    >>> clusters = dict(zip(result.gene_names, result.cluster))
    >>> clusters["MBP"] in range(result.n_clusters)
    True
    """
    path = Path(path)
    return load_study(path) if is_study(path) else result_file.load(path)


def is_study(path: Path) -> bool:
    """Return whether a path is the folder of a study, or the file of what its sections share."""
    return path.name == STUDY_FILE or STUDY_FILE in names(path)


def holds_study(path: Path) -> bool:
    """Return whether a path is to be opened as a study.

    A dataset may have the name ``study.h5ad`` or stand beside such a file, and stays a dataset.
    Cheap (names, and one array of names), so that a window may call it on its own thread.
    """
    if not is_study(path):
        return False
    file = path if path.name == STUDY_FILE else path / STUDY_FILE
    return bool(_files_of(file)) or find_format(path) is None


def load_study(path: str | Path) -> StudyResult:
    """Read a study.

    Parameters
    ----------
    path
        Its folder, or the ``study.h5ad`` in it.

    Raises
    ------
    InputError
        A file is missing, cannot be read, or does not belong to the study.
    """
    path = Path(path)
    file = path if path.name == STUDY_FILE else path / STUDY_FILE
    # They bring pandas and h5py along, which a look at the contract's names need not pay.
    from darlc.io.guards.boundary import reading
    from darlc.io.parts.anndata_file import read_anndata

    if not path.exists():
        raise InputError(f"{path} does not exist: check the path and its spelling.")
    if not file.exists():
        raise InputError(
            f"{path} is no study, as there is no {STUDY_FILE} in it: give the folder that darlc "
            "fit wrote of several sections."
        )
    with reading(file):
        adata = read_anndata(file)
    stored = adata.uns.get(STUDY)
    if not isinstance(stored, Mapping):
        raise InputError(
            f"{file} holds no study (uns['{STUDY}'] is missing): open another file, or fit again."
        )
    try:
        if (version := int(stored["schema_version"])) > STUDY_VERSION:
            raise InputError(
                f"{file} was written by a newer darlc (study version {version}, this one reads up "
                f"to {STUDY_VERSION}): update napari-darlc."
            )
        return _rebuild(adata, stored, file.parent)  # type: ignore[arg-type]
    except InputError:
        raise
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"{file} was changed since it was written "
            f"({type(error).__name__}: {str(error).strip() or 'a part is missing'}): "
            "get a fresh copy or fit again."
        ) from error


def _assemble(study: StudyResult, files: tuple[str, ...]) -> AnnData:
    """Return what the sections share, genes × sections."""
    import pandas as pd
    from anndata import AnnData

    stored: StoredStudy = {
        "schema_version": STUDY_VERSION,
        "config": json.dumps(study.config.to_dict()),
        "files": np.array(files, dtype=np.str_),
        "fingerprints": np.array([each.fingerprint for each in study.sections], dtype=np.str_),
        "constancy": float(study.constancy),
        "cluster_names": np.array(study.cluster_names, dtype=np.str_),
        "cluster_colours": np.array(study.cluster_colours, dtype=np.str_),
        "notes": np.array(study.notes, dtype=np.str_),
        "timings": dict(study.timings),
        "versions": dict(study.versions),
    }
    clusters = pd.Categorical.from_codes(
        study.cluster, categories=list(study.cluster_names), ordered=True
    )
    table = {CLUSTER: clusters, CONFIDENCE: study.confidence, DRAWING: study.drawing}
    return AnnData(
        X=study.keeps.astype(np.float32),
        obs=pd.DataFrame(table, index=clean_array(study.gene_names)),
        var=pd.DataFrame(index=clean_array(np.array(study.section_names, dtype=np.str_))),
        layers={MOLECULES: study.molecules},
        obsm={
            MEMBERSHIP: study.membership,
            SECTION_MEMBERSHIP: study.section_membership.transpose(1, 0, 2),
            EVIDENCE: study.evidence.transpose(1, 0, 2),
        },
        uns={STUDY: stored, colours_of(CLUSTER): stored["cluster_colours"]},
    )


def _rebuild(adata: AnnData, stored: StoredStudy, folder: Path) -> StudyResult:
    files = [str(name) for name in stored["files"]]
    config, refused = Config.from_stored(json.loads(str(stored["config"])))
    return StudyResult(
        section_names=tuple(str(name) for name in adata.var_names),
        gene_names=np.asarray(adata.obs_names, dtype=np.str_),
        membership=np.asarray(adata.obsm[MEMBERSHIP], dtype=np.float32),
        section_membership=_by_section(adata, SECTION_MEMBERSHIP),
        evidence=_by_section(adata, EVIDENCE),
        keeps=np.asarray(adata.X, dtype=np.float32),
        molecules=np.asarray(adata.layers[MOLECULES], dtype=np.int64),
        constancy=float(stored["constancy"]),
        drawing=adata.obs[DRAWING].to_numpy(dtype=bool),
        sections=_sections(folder, files, [str(each) for each in stored["fingerprints"]]),
        config=config,
        notes=tuple(str(note) for note in (*stored["notes"], *result_file.old_settings(refused))),
        timings={name: float(value) for name, value in stored["timings"].items()},
        versions={name: str(value) for name, value in stored["versions"].items()},
        cluster_names=tuple(str(name) for name in stored["cluster_names"]),
        cluster_colours=tuple(str(colour) for colour in stored["cluster_colours"]),
    )


def _by_section(adata: AnnData, key: str) -> NDArray[np.float32]:
    """Return an array (S, G, K) that is kept by genes."""
    return np.ascontiguousarray(np.asarray(adata.obsm[key], dtype=np.float32).transpose(1, 0, 2))


def _sections(folder: Path, files: list[str], fingerprints: list[str]) -> tuple[Result, ...]:
    """Read the results of the sections; a file is never looked for outside the folder."""
    if missing := [name for name in files if not _is_inside(folder, name)]:
        raise InputError(
            f"{folder} lacks {listed(missing)}, which its {STUDY_FILE} names: put the missing "
            "files back, or fit again."
        )
    results = []
    for name, fingerprint in zip(files, fingerprints, strict=True):
        result = result_file.load(folder / name)
        if result.fingerprint != fingerprint:
            raise InputError(
                f"{folder / name} holds another result than the one that {STUDY_FILE} was written "
                "with: put that one back, or fit the sections again."
            )
        results.append(result)
    return tuple(results)


def _is_inside(folder: Path, name: str) -> bool:
    return Path(name).name == name and (folder / name).is_file()


def _files_of(path: Path) -> list[str]:
    """Return the files that an earlier study names; none where that cannot be read."""
    import h5py

    from darlc.io.guards.hdf5 import check_hdf5

    try:
        check_hdf5(path)
        with h5py.File(path, "r") as file:
            return [str(name) for name in file[f"uns/{STUDY}/files"].asstr()[:]]
    except Exception:  # another program's file, or a damaged one
        return []
