"""Files that are damaged, or made to do harm: each case writes one and says what may come of it."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import shutil
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import h5py
import numpy as np

#: By kind of file: the part without which there is nothing, and whether it is binary.
VITAL = {
    "h5ad": ("", True),
    "zarr": ("X/data/0", True),
    "spatialdata": ("labels/cells/0/0.0", True),
    "spaceranger": ("outs/filtered_feature_bc_matrix.h5", True),
    "spaceranger_1": ("filtered_feature_bc_matrix/matrix.mtx.gz", True),
    "10x_h5": ("", True),
    "visium_hd": ("binned_outputs/square_016um/spatial/tissue_positions.parquet", True),
    "xenium": ("cells.csv.gz", True),
    "xenium_parquet": ("cells.parquet", True),
    "merscope": ("cell_by_gene.csv", False),
    "cosmx": ("S1_metadata_file.csv", False),
    "stereoseq": ("", True),
    "stereoseq_text": ("", True),
    "stereoseq_cells": ("", True),
    "table": ("", False),
    "two_tables": ("", False),
    "npz": ("", True),
    "tiff": ("", True),
}


#: In which a part is damaged, whatever it is.
WAYS = ("empty", "noise", "pickle", "cut", "hole", "flipped", "doubled")


class Bomb:
    """Leaves a file where it is unpickled."""

    def __init__(self, canary: str) -> None:
        self.canary = canary

    def __reduce__(self) -> Any:
        return (open, (self.canary, "w"))


@dataclass(frozen=True)
class Case:
    """One file.

    Parameters
    ----------
    name
        Of the case.
    make
        Writes it below a folder, and returns the path to open.
    may_open
        Whether the damage may have hit nothing that matters.
    options
        To open it with.
    needs
        Packages without which it cannot be written.
    """

    name: str
    make: Callable[[Path], Path]
    may_open: bool = False
    options: dict[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()


def cases(files: ModuleType, canary: Path) -> Iterator[Case]:
    """Return all cases, always the same ones."""
    yield from _damaged(files, canary)
    yield from _crafted(files, canary)


def _damaged(files: ModuleType, canary: Path) -> Iterator[Case]:
    """Damage the vital part of every kind of file in every way, and any part by chance."""
    bomb = pickle.dumps(Bomb(str(canary)))
    for number, (kind, (part, binary)) in enumerate(VITAL.items()):
        rng = np.random.default_rng(number)
        changes: tuple[Callable[[bytes, np.random.Generator], bytes], ...] = (
            lambda content, rng: b"",
            lambda content, rng: rng.bytes(len(content)),
            lambda content, rng: bomb,
            lambda content, rng: content[: int(len(content) * rng.uniform(0.05, 0.95))],
            _hole,
            _flip,
            lambda content, rng: content + content,
        )
        needs = files.CASES[kind].needs
        for way, change in zip(WAYS, changes, strict=True):
            # What is cut from a text, or flipped anywhere, may be missed by nobody.
            may_open = way in ("hole", "flipped", "doubled") or (way == "cut" and not binary)
            make = _damage(files.CASES[kind].write, part, change, rng.integers(2**32))
            yield Case(f"{kind}-{way}", make, may_open, needs=needs)
        make = _damage(files.CASES[kind].write, None, _flip, rng.integers(2**32))
        yield Case(f"{kind}-flipped-anywhere", make, True, needs=needs)


def _damage(
    write: Callable[[Path], Path],
    part: str | None,
    change: Callable[[bytes, np.random.Generator], bytes],
    seed: int,
) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        rng = np.random.default_rng(seed)
        path = write(folder)
        inside = sorted(each for each in path.rglob("*") if each.is_file()) or [path]
        victim = inside[rng.integers(len(inside))] if part is None else path / part
        victim = path if part == "" else victim
        victim.write_bytes(change(victim.read_bytes(), rng))
        return path

    return make


def _hole(content: bytes, rng: np.random.Generator) -> bytes:
    start = int(rng.integers(max(len(content) // 2, 1)))
    size = min(max(len(content) // 3, 1), len(content) - start)
    return content[:start] + bytes(size) + content[start + size :]


def _flip(content: bytes, rng: np.random.Generator) -> bytes:
    changed = np.frombuffer(content, dtype=np.uint8).copy()
    where = rng.integers(max(len(changed), 1), size=min(24, len(changed)))
    changed[where] ^= (1 << rng.integers(8, size=len(where))).astype(np.uint8)
    return changed.tobytes()


def _crafted(files: ModuleType, canary: Path) -> Iterator[Case]:
    yield from _hdf5(files)
    yield from _zarr(files, canary)
    yield from _text(files)
    yield from _archives(files, canary)
    yield from _names(files)


def _edited(files: ModuleType, kind: str, edit: Callable[[h5py.File], None]) -> Any:
    def make(folder: Path) -> Path:
        path = files.CASES[kind].write(folder)
        inner = VITAL[kind][0] if VITAL[kind][0].endswith(".h5") else ""
        with h5py.File(path / inner if inner else path, "a") as file:
            edit(file)
        return path

    return make


def _replace(name: str, value: Any, **how: Any) -> Callable[[h5py.File], None]:
    def edit(file: h5py.File) -> None:
        kept = dict(file[name].attrs)
        del file[name]
        if isinstance(value, (h5py.ExternalLink, h5py.SoftLink)):
            file[name] = value
            return
        made = file.create_dataset(name, data=value, **how)
        for key, each in kept.items():
            made.attrs[key] = each

    return edit


def _hdf5(files: ModuleType) -> Iterator[Case]:
    def huge(name: str, dtype: str = "f4") -> Callable[[h5py.File], None]:
        def edit(file: h5py.File) -> None:
            kept = dict(file[name].attrs)
            del file[name]
            made = file.create_dataset(name, shape=(2**36,), dtype=dtype, chunks=(2**20,))
            for key, each in kept.items():
                made.attrs[key] = each

        return edit

    def nested(file: h5py.File) -> None:
        group = file["uns"]
        for _ in range(1200):
            group = group.create_group("a")

    def circle(file: h5py.File) -> None:
        file["uns"]["again"], file["uns"]["more"] = file["uns"], file["uns"]

    def declared(file: h5py.File) -> None:
        file["X"].attrs["shape"] = [2**40, 2**40]

    def outside(file: h5py.File) -> None:
        del file["X/data"]
        external = [("/etc/passwd", 0, 400)]
        file.create_dataset("X/data", shape=(100,), dtype="f4", external=external)

    def no_names(file: h5py.File) -> None:
        del file["var/_index"]

    edits = {
        "huge": huge("X/data"),
        "huge-index": huge("obs/_index", "S8"),
        "huge-coordinates": huge("obsm/spatial"),
        "declares-much": declared,
        "nested": nested,
        "external-link": _replace("X/data", h5py.ExternalLink("/etc/passwd", "/")),
        "external-data": outside,
        "dangling": _replace("X/data", h5py.SoftLink("/nowhere")),
        "text": _replace("X/data", np.full(10, b"text")),
        "names-gone": no_names,
        "not-utf8": _replace("var/_index", np.array([b"\xff\xfe\x80"] * 5)),
        "negative-pointers": _replace("X/indptr", np.full(31, -1)),
        "scalar": _replace("X/indices", 3),
        "complex": _replace("X/data", np.ones(60, dtype=complex)),
        "coordinates-1d": _replace("obsm/spatial", np.ones(30)),
        "coordinates-text": _replace("obsm/spatial", np.full((30, 2), b"x")),
    }
    for name, edit in edits.items():
        yield Case(f"h5ad-{name}", _edited(files, "h5ad", edit))
    yield Case("h5ad-circle", _edited(files, "h5ad", circle))
    tenx = {
        "huge": huge("matrix/data"),
        "declares-much": _replace("matrix/shape", [2**31 - 1, 2**31 - 1]),
        "points-outside": _replace("matrix/indices", np.full(100, 10**6)),
        "text": _replace("matrix/data", np.full(10, b"text")),
        "not-utf8": _replace("matrix/features/name", np.array([b"\xff\xfe"] * 6)),
        "barcodes-missing": _replace("matrix/barcodes", np.array([b"A"])),
    }
    for name, edit in tenx.items():
        yield Case(f"10x-{name}", _edited(files, "spaceranger", edit))
    gef = {
        "huge": huge("geneExp/bin1/expression", "i4"),
        "fields-gone": _replace("geneExp/bin1/expression", np.zeros(5)),
        "counts-differ": _replace(
            "geneExp/bin1/gene",
            np.array([(b"a", 0, 7)], dtype=[("gene", "S9"), ("offset", "u4"), ("count", "u4")]),
        ),
    }
    for name, edit in gef.items():
        yield Case(f"gef-{name}", _edited(files, "stereoseq", edit))


def _zarr(files: ModuleType, canary: Path) -> Iterator[Case]:
    def meta(part: str, kind: str = "zarr", **change: Any) -> Callable[[Path], Path]:
        def make(folder: Path) -> Path:
            path = files.CASES[kind].write(folder)
            (path / ".zmetadata").unlink(missing_ok=True)
            found = json.loads((path / part).read_text())
            (path / part).write_text(json.dumps(found | change))
            return path

        return make

    def pickled(folder: Path) -> Path:
        path = meta(
            "obs/_index/.zarray",
            filters=[{"id": "pickle", "protocol": 5}],
            compressor=None,
            dtype="|O",
        )(folder)
        (path / "obs/_index/0").write_bytes(pickle.dumps(Bomb(str(canary))))
        return path

    def linked(folder: Path) -> Path:
        path = files.CASES["zarr"].write(folder)
        shutil.rmtree(path / "X")
        (path / "X").symlink_to("/etc")
        return path

    def nested(folder: Path) -> Path:
        path = files.CASES["zarr"].write(folder)
        (path / ".zmetadata").unlink()
        (path / "uns/.zattrs").write_text('{"a":' * 100_000 + "1" + "}" * 100_000)
        return path

    def deep(folder: Path) -> Path:
        path = files.CASES["zarr"].write(folder)
        inner = path / "uns" / "/".join("a" * 60)
        inner.mkdir(parents=True)
        for each in [inner, *inner.parents][:60]:
            (each / ".zgroup").write_text('{"zarr_format": 2}')
        return path

    def region(folder: Path) -> Path:
        path = files.write_spatialdata(folder)
        import anndata

        adata = anndata.io.read_zarr(path / "tables" / "table")
        adata.obs["region"] = adata.obs["region"].cat.rename_categories({"cells": "../../../etc"})
        adata.uns["spatialdata_attrs"]["region"] = "../../../etc"
        shutil.rmtree(path / "tables" / "table")
        adata.write_zarr(path / "tables" / "table")
        return path

    yield Case("zarr-pickle-codec", pickled)
    yield Case("zarr-huge", meta("X/data/.zarray", shape=[2**38], chunks=[2**38]))
    yield Case("zarr-negative", meta("X/data/.zarray", shape=[-5]))
    yield Case("zarr-odd-type", meta("X/data/.zarray", dtype="<m17"))
    yield Case("zarr-no-format", meta("X/data/.zarray", zarr_format=99))
    yield Case("zarr-unknown-codec", meta("X/data/.zarray", compressor={"id": "evil"}))
    yield Case("zarr-linked", linked)
    yield Case("zarr-nested-json", nested)
    yield Case("zarr-deep", deep)
    yield Case("spatialdata-path-trick", region)
    multiscales = {
        "odd-transform": [{"type": "spiral", "output": {"name": "global"}}],
        "short-scale": [{"type": "scale", "scale": [1.0], "output": {"name": "global"}}],
        "text-scale": [{"type": "scale", "scale": ["a", "b"], "output": {"name": "global"}}],
        "nan-scale": [{"type": "scale", "scale": [float("nan")] * 2, "output": {"name": "global"}}],
    }
    for name, transformations in multiscales.items():
        axes = [{"name": "y"}, {"name": "x"}]
        levels = {
            "axes": axes, "datasets": [{"path": "0"}], "coordinateTransformations": transformations,
        }  # fmt: skip
        yield Case(
            f"spatialdata-{name}",
            meta("labels/cells/.zattrs", "spatialdata", multiscales=[levels]),
        )
    up = {"axes": [{"name": "y"}, {"name": "x"}], "datasets": [{"path": "../../../../etc"}]}
    yield Case(
        "spatialdata-level-elsewhere",
        meta("labels/cells/.zattrs", "spatialdata", multiscales=[up]),
    )
    yield Case(
        "spatialdata-huge-labels",
        meta("labels/cells/0/.zarray", "spatialdata", shape=[2**20, 2**20]),
    )


def _text(files: ModuleType) -> Iterator[Case]:
    def table(content: bytes, name: str = "t.tsv") -> Callable[[Path], Path]:
        def make(folder: Path) -> Path:
            (folder / name).write_bytes(content)
            return folder / name

        return make

    def part(kind: str, inside: str, content: bytes) -> Callable[[Path], Path]:
        def make(folder: Path) -> Path:
            path = files.CASES[kind].write(folder)
            (path / inside).write_bytes(content)
            return path

        return make

    bomb = gzip.compress(b"a\tb\n1x2\t1\t2\n" + bytes(300_000_000), compresslevel=9)
    yield Case("table-gzip-bomb", table(bomb, "t.tsv.gz"))
    yield Case("table-not-utf8", table(b"a\tb\n1x2\t1\t\xff\xfe\n2x2\t1\t1\n"))
    yield Case("table-nul", table(b"a\tb\n1x2\t1\t2\n1x3\t\x00\t2\n"))
    yield Case("table-one-line", table(b"1x2\t" * 1000))
    yield Case("table-huge-number", table(b"a\tb\n1x2\t1e999\t2\n1x3\t1\t2\n"))
    yield Case("table-huge-coordinate", table(b"a\tb\n1e999x2\t1\t2\n1x3\t1\t2\n2x2\t1\t2\n"), True)
    yield Case("table-far-apart", table(b"a\tb\n1x2\t1\t2\n1e300x3\t1\t2\n2x1e300\t1\t1\n"), True)
    yield Case("table-ragged", table(b"a\tb\n1x2\t1\t2\n1x3\t1\t2\t3\n"))
    yield Case("table-quote-without-end", table(b'a\tb\n1x2\t1\t2\n"1x3\t1\t2\n' * 50))
    yield Case(
        "mtx-declares-much",
        part(
            "spaceranger_1",
            "filtered_feature_bc_matrix/matrix.mtx.gz",
            gzip.compress(
                b"%%MatrixMarket matrix coordinate integer general\n"
                b"2000000000 2000000000 1\n1 1 1\n"
            ),
        ),
    )
    mtx = b"%%MatrixMarket matrix coordinate integer general\n5 30 4000000000\n1 1 1\n"
    yield Case(
        "mtx-declares-entries",
        part("spaceranger_1", "filtered_feature_bc_matrix/matrix.mtx.gz", gzip.compress(mtx)),
    )
    scales = "outs/spatial/scalefactors_json.json"
    yield Case("json-nested", part("spaceranger", scales, b"[" * 100_000))
    yield Case("json-list", part("spaceranger", scales, b"[1, 2]"))
    yield Case("json-text", part("spaceranger", scales, b'{"tissue_lowres_scalef": "much"}'))
    places = "outs/spatial/tissue_positions.csv"
    yield Case("positions-not-utf8", part("spaceranger", places, b"barcode,in_tissue\n\xff,\xfe\n"))
    yield Case(
        "positions-without-columns", part("spaceranger", places, b"barcode,in_tissue\nA,1\n")
    )
    yield Case("positions-text", part(
        "spaceranger", places,
        b"barcode,in_tissue,array_row,array_col,pxl_row_in_fullres,pxl_col_in_fullres\n"
        b"AAAC00-1,yes,one,two,three,four\n",
    ))  # fmt: skip
    yield Case("merscope-no-columns", part("merscope", "cell_metadata.csv", b"a,b\n1,2\n"))
    yield Case("merscope-text", part("merscope", "cell_by_gene.csv", b"cell,a\n1,x\n2,y\n"))
    yield Case("cosmx-no-key", part("cosmx", "S1_exprMat_file.csv", b"a,b\n1,2\n"))
    yield Case("two-tables-strangers", part_of_two(files, b"id,x,y\nother,1,2\n"))
    yield Case("two-tables-text", part_of_two(files, b"id,x,y\ncell1,here,there\n"))
    yield Case("two-tables-columns", part_of_two(files, b"id,a,b,c\ncell1,1,2,3\n"))


def part_of_two(files: ModuleType, content: bytes) -> Callable[[Path], Path]:
    """Write a table with another file of coordinates beside it."""

    def make(folder: Path) -> Path:
        path = files.write_two_tables(folder)
        (folder / "t_locations.csv").write_bytes(content)
        return path

    return make


def _archives(files: ModuleType, canary: Path) -> Iterator[Case]:
    def header(shape: tuple[int, ...], dtype: str) -> bytes:
        text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text

    def npz(members: dict[str, bytes]) -> Callable[[Path], Path]:
        def make(folder: Path) -> Path:
            with zipfile.ZipFile(folder / "t.npz", "w", zipfile.ZIP_DEFLATED) as archive:
                for name, content in members.items():
                    archive.writestr(name, content)
            return folder / "t.npz"

        return make

    def array(values: Any, allow_pickle: bool = False) -> bytes:
        buffer = io.BytesIO()
        np.save(buffer, values, allow_pickle=allow_pickle)
        return buffer.getvalue()

    good = array(np.ones((3, 4, 4), dtype=np.float32))
    objects = array(np.array([Bomb(str(canary))] * 3, dtype=object), allow_pickle=True)
    crafted = {
        "objects": {"images.npy": objects},
        "object-names": {"images.npy": good, "gene.npy": objects},
        "huge": {"images.npy": header((2**20, 2**10, 2**10), "<f4")},
        "negative": {"images.npy": header((-3, 4, 4), "<f4")},
        "code-in-header": {"images.npy": header((1,), "<f4").replace(b"(1,)", b"f()")},
        "flat": {"images.npy": array(np.ones(5))},
        "text": {"images.npy": array(np.array(["a", "b"]))},
        "names-short": {"images.npy": good, "gene.npy": array(np.array(["a"]))},
        "mask-odd": {"images.npy": good, "mask.npy": array(np.ones((2, 2)))},
        "nan": {"images.npy": array(np.full((3, 4, 4), np.nan))},
        "up": {"../images.npy": good, "images.npy": b"", "/etc/x.npy": good},
    }
    for name, members in crafted.items():
        yield Case(f"npz-{name}", npz(members))

    def tiff(folder: Path) -> Path:
        """One page of 2³¹ × 2³¹ pixels, none of which is there."""
        tags = [(256, 4, 1, 2**31 - 1), (257, 4, 1, 2**31 - 1), (258, 3, 1, 8), (259, 3, 1, 1),
                (262, 3, 1, 1), (273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, 2**31 - 1),
                (279, 4, 1, 4)]  # fmt: skip
        entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
        content = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags)) + entries
        (folder / "t.tif").write_bytes(content + bytes(4))
        (folder / "t.txt").write_text("a")
        return folder / "t.tif"

    yield Case("tiff-huge", tiff)


def _names(files: ModuleType) -> Iterator[Case]:
    def folder_named(name: bytes) -> Callable[[Path], Path]:
        def make(folder: Path) -> Path:
            path = files.write_h5ad(folder)
            path.write_bytes(b"nothing")
            other = Path(str(folder) + "/" + name.decode("utf-8", "surrogateescape"))
            return path.rename(other)

        return make

    def endless(folder: Path) -> Path:
        (folder / "t.h5ad").symlink_to(folder / "t.h5ad")
        return folder / "t.h5ad"

    yield Case("name-not-utf8", folder_named(b"\xff\xfe.h5ad"))
    yield Case("name-with-line-break", folder_named(b"a\nb.h5ad"))
    yield Case("name-link-to-itself", endless)
    yield Case("option-file-trick", files.write_h5ad, options={"spatial_key": "../../etc/passwd"})
    yield Case("mask-no-image", files.write_h5ad, options={"mask": "/etc/passwd"})
