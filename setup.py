"""Say where the packages lie and which version they are; all else is in setup.cfg."""

from setuptools import find_packages, setup
from setuptools_scm.version import ScmVersion, guess_next_dev_version

#: The release that is worked on, for folders in which no tag can be seen: clones without tags,
#: and folders without git, such as the archive of a branch.
NEXT_RELEASE = "0.2.0"


def version_of(commit: ScmVersion) -> str:
    """Return the version of a commit: its tag, or a version before the release that comes next."""
    if str(commit.tag) == "0.0":  # what setuptools-scm says where there is no tag
        return f"{NEXT_RELEASE}.dev{commit.distance}"
    return guess_next_dev_version(commit)


setup(
    use_scm_version={
        "version_scheme": version_of,
        "fallback_version": f"{NEXT_RELEASE}.dev0",
        "git_describe_command": "git describe --dirty --tags --long --match v*.*",
    },
    package_dir={"darlc": "src/darlc", "napari_darlc": "napari_darlc"},
    packages=[
        *find_packages("src", include=["darlc", "darlc.*"]),
        *find_packages(".", include=["napari_darlc", "napari_darlc.*"]),
    ],
)
