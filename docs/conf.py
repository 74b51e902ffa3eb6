"""Settings of the documentation; ``make docs`` builds it, without the internet."""

from __future__ import annotations

import os
import sys
from configparser import ConfigParser
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE / "_ext"), str(ROOT / "src"), str(ROOT)]
# Kernels of the notebooks read the same sources, draw without a window, and use one core.
os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
os.environ.setdefault("MPLBACKEND", "agg")
os.environ.setdefault("PYTHONWARNINGS", "ignore")

import darlc  # noqa: E402

_setup = ConfigParser()
_setup.read(ROOT / "setup.cfg", encoding="utf-8")

project = "napari-darlc"
author = _setup["metadata"]["author"]
copyright = author
version = release = darlc.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
    "command_reference",
]
exclude_patterns = ["_build", "**.ipynb_checkpoints"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}

# Quotes of code that stands in sentences stay as they are typed.
smartquotes = False
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 4
nb_execution_mode = os.environ.get("DARLC_DOCS_NOTEBOOKS", "force")
nb_execution_raise_on_error = True
nb_execution_in_temp = True
nb_execution_timeout = 600
nb_merge_streams = True

# Every name that stands in backticks of a docstring is looked for.
default_role = "py:obj"
nitpicky = True
# What other packages define, whose pages a build without the internet cannot ask for.
nitpick_ignore_regex = [
    ("py:.*", r"(?!darlc\b).*"),
]
napoleon_google_docstring = False
napoleon_use_ivar = True
# Types stand in the signatures.
napoleon_attr_annotations = False
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True

html_theme = "sphinx_book_theme"
html_title = project
html_static_path: list[str] = []
html_theme_options = {
    "repository_url": _setup["metadata"]["url"],
    "path_to_docs": "docs",
    "use_repository_button": True,
    "use_source_button": True,
    "show_navbar_depth": 1,
    "show_toc_level": 2,
}
copybutton_prompt_text = r"\$ |>>> "
copybutton_prompt_is_regexp = True
