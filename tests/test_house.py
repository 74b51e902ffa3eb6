"""The house rules that no linter sees: rooms, their size, and what an import brings along."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TESTS = ROOT / "tests"
FOLDERS = {
    "darlc": ROOT / "src" / "darlc",
    "napari_darlc": ROOT / "napari_darlc",
    "benchmarks": ROOT / "benchmarks",
}
#: Of an engine's process, of a viewer's process.
WINDOWS = {"PyQt5", "PyQt6", "PySide2", "PySide6", "magicgui", "napari", "qtpy", "superqt", "vispy"}
TENSORS = {"lightning_fabric", "torch", "torch_geometric"}
#: Folders of the engine that read and show results, and never need tensors.
WITHOUT_TENSORS = {
    "data",
    "images",
    "io",
    "results",
    "explore",
    "simulation",
    "plots",
    "report",
    "cli",
}
MOST_LINES = 450
MOST_MODULES = 15
#: Modules without a test of their own name, and what tests them, seen from the folder of tests that
#: mirrors theirs.
TESTED_ELSEWHERE: dict[str, str] = {
    "darlc.cli.learning.denoise_command": "../test_commands.py",
    "darlc.cli.learning.fit_command": "../test_commands.py",
    "darlc.cli.study_summary": "learning/test_study_fit.py",
    "darlc.cli.working": "test_commands.py",
    "darlc.explore.parts.sparse_ranks": "../test_enrichment.py",
    "darlc.errors": "cli/test_commands.py",
    "darlc.events": "worker/test_wire.py",
    "darlc.data.storable_text": "test_storable.py",
    "darlc.results.data_match": "../cli/test_opened_result.py",
    "darlc.images.contrast": "../../napari_darlc/genes/test_pictures.py",
    "darlc.plots.layout": "test_gene_panels.py",
    "darlc.results.raw_views": "../io/test_recovery_file.py",
    "darlc.io.choice": "checks/test_chosen.py",
    "darlc.io.tables.count_table": "../readers/test_table.py",
    "darlc.io.parts.tenx_matrix": "../readers/test_spaceranger.py",
    "darlc.io.parts.visium": "../readers/test_spaceranger.py",
    "darlc.io.prepare": "checks/test_dataset_checks.py",
    "darlc.data.shallow_copy": "../io/test_store.py",
    "darlc.learn.cluster.split_merge": "test_count_model.py",
    "darlc.learn.denoise.graph": "test_denoiser.py",
    "darlc.learn.denoise.shrinkage": "test_views.py",
    "darlc.learn.encode.weights": "test_embedding.py",
    "darlc.simulation.counts": "test_tissue.py",
    "darlc.simulation.measuring": "test_tissue.py",
    "napari_darlc._sample_data": "test_reader.py",
    "napari_darlc.canvas.gene_layer": "../napari_private/test_image_visual.py",
    "napari_darlc.napari_private.choosing_readers": "../test_reader.py",
    "napari_darlc.napari_private.choosing_writers": "../test_writer.py",
    "napari_darlc.napari_private.notification_boxes": "../test_notifications.py",
    "napari_darlc.napari_private.stepped_image": "test_image_visual.py",
    "napari_darlc.opening.dropped_files": "../test_reader.py",
    "napari_darlc.opening.calling_viewer": "../test_reader.py",
    "napari_darlc.saving.exporting": "../test_writer.py",
    "napari_darlc.saving.figures": "../widgets/common/test_figure_button.py",
    "napari_darlc.saving.napari_dialog": "../test_writer.py",
    "napari_darlc.saving.writing": "../widgets/common/test_save_button.py",
    "napari_darlc.session.choices": "test_session.py",
    "napari_darlc.session.open_study": "../opening/test_studies.py",
    "napari_darlc.session.shown": "test_session.py",
    "napari_darlc.viewer_session": "canvas/test_layers.py",
    "napari_darlc.widgets.consensus.card_delegate": "test_cards.py",
    "napari_darlc.widgets.consensus.consensus_pictures": "test_cards.py",
    "napari_darlc.widgets.common.collapsible": "../train/test_training_dock.py",
    "napari_darlc.widgets.common.curve_canvas": "../train/test_loss_curves.py",
    "napari_darlc.widgets.common.history_keys": "test_history_buttons.py",
    "napari_darlc.widgets.gene_lists.sortable_table": "../two_results/test_two_results.py",
    "napari_darlc.widgets.common.style": "test_save_button.py",
    "napari_darlc.widgets.common.wrapping_list": "../consensus/test_cards.py",
    "napari_darlc.widgets.gallery.controls": "test_gallery.py",
    "napari_darlc.widgets.gallery.delegate": "test_gallery.py",
    "napari_darlc.widgets.gallery.model": "test_gallery.py",
    "napari_darlc.widgets.gallery.pictures": "test_gallery.py",
    "napari_darlc.widgets.gallery.view": "test_gallery.py",
    "napari_darlc.widgets.gene_lists.copying": "test_ranked_genes.py",
    "napari_darlc.widgets.gene_lists.narrowing": "../gallery/test_gallery.py",
    "napari_darlc.widgets.gene_lists.typed_genes": "../compare/test_gene_chooser.py",
    "napari_darlc.widgets.region.distance_canvas": "test_distance_curves.py",
    "napari_darlc.widgets.region.distance_queries": "test_distance_curves.py",
    "napari_darlc.widgets.region.pattern_choice": "test_pattern_genes.py",
    "napari_darlc.widgets.region.region_box": "test_region_choice.py",
    "napari_darlc.widgets.region.regions": "test_region_genes.py",
    "napari_darlc.widgets.sets.dot_plot": "test_enrichment_page.py",
    "napari_darlc.widgets.sets.hits": "test_enrichment_page.py",
    "napari_darlc.widgets.sets.hits_table": "test_enrichment_page.py",
    "napari_darlc.widgets.table.header": "test_gene_table.py",
    "napari_darlc.widgets.table.model": "test_gene_table.py",
    "napari_darlc.widgets.table.view": "test_gene_table.py",
    "napari_darlc.widgets.two_results.matching": "test_two_results.py",
    "napari_darlc.widgets.train.dataset_summary": "test_training_dock.py",
    "napari_darlc.widgets.train.needs": "test_training_dock.py",
    "napari_darlc.widgets.train.progress": "test_training_dock.py",
    "napari_darlc.widgets.train.stages": "test_training_dock.py",
}
#: Tests of no single module.
OF_SEVERAL = {
    "darlc/io/formats/test_every_format.py",
    "darlc/io/formats/test_malformed.py",
    "darlc/io/formats/test_files_of_others.py",
    "darlc/io/formats/test_against_spatialdata_io.py",
    "darlc/io/formats/test_features_of_formats.py",
    "darlc/io/formats/test_no_transposed_picture.py",
    "darlc/report/test_widget_in_jupyterlab.py",
    "darlc/test_command_line_is_python.py",
    "darlc/test_odd_data.py",
    "darlc/test_two_grids.py",
    "napari_darlc/test_random_walk.py",
    "darlc/learn/test_clean_images.py",
    "darlc/learn/test_stops.py",
    "darlc/learn/train/test_what_decides.py",
    "darlc/test_golden_files.py",
    "darlc/test_other_programs.py",
    "darlc/test_real_tissue.py",
    "napari_darlc/napari_private/test_private_parts.py",
    "napari_darlc/test_end_to_end.py",
    "napari_darlc/test_golden_files.py",
    "napari_darlc/test_same_numbers.py",
    "napari_darlc/test_stopped.py",
    "napari_darlc/test_walk.py",
}


#: Underscored names of other libraries that one of ours happens to equal, and the tests with them.
OF_OTHERS = {
    # Of named tuples, of whose public methods it is one.
    ("darlc/cli/test_commands.py", "_replace"),
    ("darlc/io/test_rescue.py", "_replace"),
    ("darlc/io/test_store.py", "_replace"),
    # vispy's and psygnal's, on whose private parts ours rest.
    ("napari_darlc/napari_private/test_image_visual.py", "_build"),
    ("napari_darlc/session/test_signals.py", "_run_emit_loop"),
}


def modules(package: str) -> list[str]:
    """Return the names of all modules of a package."""
    folder = FOLDERS[package]
    names = []
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder.parent).with_suffix("").parts
        if parts[-1] != "__main__":
            names.append(".".join(parts).removesuffix(".__init__"))
    return names


def brought_along(*parts: list[str]) -> list[set[str]]:
    """Import modules in a fresh process; return the top-level modules there after each part."""
    code = (
        "import importlib, json, sys\n"
        f"for part in {parts!r}:\n"
        "    for name in part: importlib.import_module(name)\n"
        "    print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [set(json.loads(line)) for line in done.stdout.splitlines()[-len(parts) :]]


def test_the_engine_brings_no_window_and_what_shows_results_no_tensors() -> None:
    names = modules("darlc")
    assert "darlc.learn.cluster.mixture.student_t" in names
    showing = [
        name for name in names if (room := name.split(".")[1:2]) == [] or room[0] in WITHOUT_TENSORS
    ]
    assert "darlc.images.sgep_images" in showing
    shown, loaded = brought_along(showing, names)
    assert not shown & TENSORS
    assert "torch" in loaded, "not every module was imported"
    assert not loaded & (WINDOWS | {"napari_darlc"})


def test_the_viewers_process_brings_no_tensors() -> None:
    names = modules("napari_darlc")
    assert "napari_darlc.widgets.train.training_dock" in names
    (loaded,) = brought_along(names)
    assert "napari" in loaded, "not every module was imported"
    assert not loaded & TENSORS


@pytest.mark.parametrize("package", FOLDERS)
def test_modules_are_small(package: str) -> None:
    large = {
        str(path.relative_to(ROOT)): lines
        for path in FOLDERS[package].rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert not large, f"split what does more than one job: {large}"


@pytest.mark.parametrize("folder", [*FOLDERS.values(), TESTS], ids=[*FOLDERS, "tests"])
def test_folders_are_small(folder: Path) -> None:
    sizes = {
        str(each.relative_to(ROOT)): len([path for path in each.glob("*.py") if _counts(path)])
        for each in [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    }
    assert sum(sizes.values()) > MOST_MODULES
    large = {name: size for name, size in sizes.items() if size > MOST_MODULES}
    assert not large, f"divide by what modules are about: {large}"


def _counts(path: Path) -> bool:
    return not path.name.startswith("__") and path.name != "conftest.py"


@pytest.mark.parametrize("package", FOLDERS)
def test_every_folder_says_what_lives_there(package: str) -> None:
    folders = {path.parent for path in FOLDERS[package].rglob("*.py")}
    silent = [
        str(folder.relative_to(ROOT)) for folder in sorted(folders) if not _first_sentence(folder)
    ]
    assert folders and not silent, f"no __init__.py with a sentence: {silent}"


def _first_sentence(folder: Path) -> str:
    init = folder / "__init__.py"
    if not init.is_file():
        return ""
    return ast.get_docstring(ast.parse(init.read_text(encoding="utf-8"))) or ""


def _tests_of(name: str) -> Path:
    """Return the file that tests a module by its name."""
    *folders, last = name.split(".")
    return TESTS.joinpath(*folders, f"test_{last.lstrip('_')}.py")


@pytest.mark.parametrize("package", ["darlc", "napari_darlc"])
def test_every_module_has_a_test(package: str) -> None:
    packages = {name.rpartition(".")[0] for name in modules(package)}
    names = [name for name in modules(package) if name not in packages]
    missing = [
        name for name in names if name not in TESTED_ELSEWHERE and not _tests_of(name).is_file()
    ]
    assert not missing, f"write tests, each in the mirror of its module's folder: {missing}"
    listed = [name for name in TESTED_ELSEWHERE if name.partition(".")[0] == package]
    gone = [name for name in listed if name not in names or _tests_of(name).is_file()]
    assert not gone, f"not to be listed any more: {gone}"
    lost = [
        name for name in listed if not (_tests_of(name).parent / TESTED_ELSEWHERE[name]).is_file()
    ]
    assert not lost, f"what is said to test these is not there: {lost}"


@pytest.mark.parametrize("package", ["darlc", "napari_darlc"])
def test_every_test_is_of_a_module(package: str) -> None:
    expected = {_tests_of(name) for name in modules(package)}
    expected |= {TESTS / name for name in OF_SEVERAL}
    lone = [
        str(path.relative_to(ROOT))
        for path in sorted((TESTS / package).rglob("test_*.py"))
        if path not in expected
    ]
    assert not lone, f"of which module is it? {lone}"


def test_contracts_between_modules_are_kept() -> None:
    """Floors of engine and plugin, what neither may import, and no circles anywhere."""
    contracts = ConfigParser()
    contracts.read(ROOT / ".importlinter", encoding="utf-8")
    circles = contracts["importlinter:contract:circles"]
    assert circles["type"] == "acyclic_siblings"
    assert set(circles["ancestors"].split()) == set(FOLDERS)
    # In a process of its own, as it sets up logging anew, without the loggers of other tests.
    asked = (
        "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    )
    done = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


#: A name with one underscore before it, alone or at the end of a dotted one.
_PRIVATE = re.compile(r"(?:^|\.)(_(?!_)\w+)$")


def _private_names(package: str) -> set[str]:
    """Return underscored names that a package gives to functions, classes, fields and constants."""
    found: set[str] = set()
    for path in FOLDERS[package].rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                    found.add(name)
                case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                    found.add(name)
    return {name for name in found if _PRIVATE.search(name)}


def _looked_into(path: Path) -> Iterator[tuple[int, str]]:
    """Yield lines of a test, and underscored names that are taken there of something else."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "cls")):
                pass
            case ast.Attribute(attr=name) if _PRIVATE.search(name):
                yield node.lineno, name
            case ast.ImportFrom(module=str(module), names=names):
                if module.partition(".")[0] in FOLDERS:
                    for name in names:
                        if _PRIVATE.search(name.name):
                            yield node.lineno, name.name
            case (
                ast.Call(func=ast.Attribute(attr="setattr" | "delattr"), args=args)
                | ast.Call(
                    func=ast.Name(id="getattr" | "setattr" | "hasattr" | "delattr"), args=args
                )
            ):
                for arg in args[:2]:
                    said = arg.value if isinstance(arg, ast.Constant) else None
                    if isinstance(said, str) and (found := _PRIVATE.search(said)):
                        yield node.lineno, found[1]


def test_tests_use_what_users_and_callers_use() -> None:
    """Private parts may change without a test that fails."""
    private = set().union(*(_private_names(package) for package in FOLDERS))
    assert len(private) > 500
    used = {
        (str(path.relative_to(TESTS)), name): line
        for path in sorted(TESTS.rglob("*.py"))
        for line, name in _looked_into(path)
        if name in private
    }
    inside = {
        f"{file}:{line}": name
        for (file, name), line in used.items()
        if (file, name) not in OF_OTHERS
    }
    assert not inside, f"ask what is public, or make a small part public: {inside}"
    assert used.keys() >= OF_OTHERS, "not to be listed any more"


#: Of an entry's head in a NumPy-style section: ``name`` or ``name, name : type``.
_ENTRY = re.compile(r"^\*{0,2}(\w+(?:, \*{0,2}\w+)*)(?: ?:.*)?$", re.MULTILINE)


def _public_definitions() -> list[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    """Return functions and classes of ``darlc.__all__`` and ``darlc.explore``, by path."""
    engine = FOLDERS["darlc"]
    tree = ast.parse((engine / "__init__.py").read_text(encoding="utf-8"))
    homes = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_HOMES"
    )
    wanted = {(home, name) for name, home in homes.items()}
    found = []
    for home in sorted({home for home, _ in wanted} | set(modules("darlc"))):
        path = engine.parent / home.replace(".", "/")
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and (
                (home, node.name) in wanted
                or (home.startswith("darlc.explore.") and not node.name.startswith("_"))
            ):
                found.append((f"{home}.{node.name}", node))
    return found


def _faults(node: ast.FunctionDef | ast.ClassDef) -> list[str]:
    """Return what a docstring leaves out: parameters, fields, or errors that are raised."""
    text = ast.get_docstring(node) or ""
    documented = {name.strip(" *") for entry in _ENTRY.findall(text) for name in entry.split(",")}
    if isinstance(node, ast.ClassDef):
        made = next(
            (each for each in node.body if getattr(each, "name", "") == "__init__"),
            ast.parse("def __init__(self): pass").body[0],
        )
        assert isinstance(made, ast.FunctionDef)
        names = [arg.arg for arg in (*made.args.args[1:], *made.args.kwonlyargs)]
        names += [
            each.target.id
            for each in node.body
            if isinstance(each, ast.AnnAssign)
            and isinstance(each.target, ast.Name)
            and "ClassVar" not in ast.unparse(each.annotation)
        ]
        raising: ast.AST = made
    else:
        names = [arg.arg for arg in (*node.args.args, *node.args.kwonlyargs)]
        raising = node
    names = [name for name in names if not name.startswith("_")]
    missing = [name for name in names if name not in documented and f"``{name}``" not in text]
    faults = [f"{name} is not described" for name in missing if len(names) > 1]
    raises = any(isinstance(each, ast.Raise) and each.exc for each in ast.walk(raising))
    if raises and "Raises\n" not in text:
        faults.append("errors are not described")
    return faults


def test_public_names_are_documented() -> None:
    """Every parameter, every field and that there are errors; a docstring at least."""
    definitions = _public_definitions()
    assert len(definitions) > 30
    faults = {name: _faults(node) for name, node in definitions if ast.get_docstring(node)}
    faults = {name: found for name, found in faults.items() if found}
    silent = [name for name, node in definitions if not ast.get_docstring(node)]
    assert not silent and not faults, f"without a docstring: {silent}; incomplete: {faults}"
