"""Say where the packages lie; all else is in setup.cfg, which can name one folder only."""

from setuptools import find_packages, setup

setup(
    package_dir={"darlc": "src/darlc", "napari_darlc": "napari_darlc"},
    packages=[
        *find_packages("src", include=["darlc", "darlc.*"]),
        *find_packages(".", include=["napari_darlc", "napari_darlc.*"]),
    ],
)
