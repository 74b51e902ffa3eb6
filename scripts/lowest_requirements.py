"""Print the lowest versions that setup.cfg allows, as constraints for pip.

What is named on the command line, such as ``torch==2.13.0``, stands in place of the lowest.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from configparser import ConfigParser
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]


def lowest(instead: Iterable[str] = ()) -> list[str]:
    """Return ``name==version`` for each dependency.

    Parameters
    ----------
    instead
        Requirements that stand in place of those of the same name.

    Returns
    -------
    list of str
        In the order of setup.cfg.
    """
    setup = ConfigParser(comment_prefixes="#")
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    chosen = {canonicalize_name(Requirement(each).name): each for each in instead}
    pins = []
    for line in setup["options"]["install_requires"].splitlines():
        if line.strip():
            needed = Requirement(line)
            (bound,) = (each.version for each in needed.specifier if each.operator == ">=")
            pins.append(chosen.get(canonicalize_name(needed.name), f"{needed.name}=={bound}"))
    return pins


if __name__ == "__main__":
    print("\n".join(lowest(sys.argv[1:])))
