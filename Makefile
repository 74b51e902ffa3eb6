# Everything sets up what it needs first; `make env` does only that.
SHELL := /bin/bash
BIN := .venv/bin
STAMP := .venv/.installed
DOCS_STAMP := .venv/.installed-docs

# On the user's own screen where there is one.
ifeq ($(shell uname),Linux)
SCREEN = $(if $(DISPLAY)$(WAYLAND_DISPLAY),,scripts/virtual_screen.sh)
endif
# A screen and preferences of their own: tests neither disturb the user nor depend on the user's.
# With bytecode: tests start many processes, and each would compile all that it imports.
ALONE = NAPARI_CONFIG= OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE PYTHONDONTWRITEBYTECODE=
PYTEST = $(ALONE) QT_API=pyqt6 scripts/virtual_screen.sh $(BIN)/python -m pytest
FAST = not slow and not gpu
EVERYWHERE = $(FAST) and not real_data
# What the lowest environment takes in place of the lowest, as torch==2.13.0.
INSTEAD =

.PHONY: help env system demo docs test test-all test-engine test-learning test-pages \
	test-plugin test-widgets test-real test-lowest test-pyside6 coverage benchmarks lint clean

help:
	@echo "make env       build .venv with all that is needed"
	@echo "make demo      open napari on a simulated tissue and train; without a screen: into demo-out"
	@echo "make test      lint, and the tests that are fast"
	@echo "make test-all  lint, and all tests"
	@echo "make test-real the fast tests that need real data in ../shared/data"
	@echo "make test-lowest  the engine with the lowest versions that setup.cfg allows"
	@echo "make test-pyside6 the plugin with PySide6"
	@echo "make coverage  the fast tests, and the share of the code that they ran"
	@echo "make benchmarks  the quick benchmarks, once, on this checkout"
	@echo "make docs      build the documentation into docs/_build/html; warnings are errors"
	@echo "make lint      style, types, imports and the manifest"
	@echo "make clean     remove all that was built"

env: $(STAMP)

system:
	@scripts/system_packages.sh

$(STAMP): setup.cfg setup.py pyproject.toml constraints.txt | system
	$(BIN)/python -c "" 2>/dev/null || "$$(scripts/find_python.sh)" -m venv --clear .venv
	@echo "Installing napari-darlc and what it needs into .venv; the first time takes minutes."
	@# Twice quiet: errors are shown, and not a warning for each folder that an index lists in vain.
	$(BIN)/python -m pip install -qq --disable-pip-version-check \
		-c constraints.txt -e ".[all,dev]"
	@touch $@

demo: env
	$(SCREEN) $(BIN)/python -m napari_darlc.demo $(if $(SCREEN),--headless demo-out)

$(DOCS_STAMP): $(STAMP)
	@echo "Installing what the documentation needs into .venv."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check \
		-c constraints.txt -e ".[all,dev,docs]"
	@touch $@

# Notebooks run anew each time.
docs: $(DOCS_STAMP)
	$(BIN)/python -m sphinx -W --keep-going -E -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

# Two at once, a processor and a screen each; what they say is shown one by one. The longest part
# begins first, so that both processors have work until the end.
test: env
	$(MAKE) --jobs=2 --output-sync=target lint test-plugin test-engine test-widgets \
		test-learning test-pages

# What the parts below run.
OTHERS = tests/napari_darlc tests/darlc/learn tests/docs tests/benchmarks

test-engine: env
	$(PYTEST) -m "$(EVERYWHERE)" tests $(OTHERS:%=--ignore=%)

test-learning: env
	$(PYTEST) -m "$(EVERYWHERE)" tests/darlc/learn

test-pages: env
	$(PYTEST) -m "$(EVERYWHERE)" tests/docs tests/benchmarks

test-plugin: env
	$(PYTEST) -m "$(EVERYWHERE)" tests/napari_darlc --ignore=tests/napari_darlc/widgets

test-widgets: env
	$(PYTEST) -m "$(EVERYWHERE)" tests/napari_darlc/widgets

# What `make test` runs does not depend on what lies beside the project.
test-real: env
	$(PYTEST) -m "real_data and $(FAST)"

# No Qt binding is there, for the engine needs none; nor is spatialdata, whose own bounds are higher.
test-lowest: env
	$(BIN)/uv venv --quiet --clear .venv-lowest
	$(BIN)/python scripts/lowest_requirements.py $(INSTEAD) >.venv-lowest/lowest.txt
	$(BIN)/uv pip install --quiet --python .venv-lowest/bin/python \
		-c .venv-lowest/lowest.txt -e ".[test]"
	$(ALONE) .venv-lowest/bin/python -m pytest -p no:pytest-qt -m "$(FAST)" tests/darlc \
		--ignore=tests/darlc/io/formats/test_against_spatialdata_io.py

test-pyside6: env
	$(BIN)/python -m venv --clear .venv-pyside6
	.venv-pyside6/bin/python -m pip install -qq --disable-pip-version-check \
		-c constraints.txt -e ".[pyside6,dev]"
	$(ALONE) QT_API=pyside6 PYTEST_QT_API=pyside6 scripts/virtual_screen.sh \
		.venv-pyside6/bin/python -m pytest -m "$(FAST)" tests/napari_darlc

coverage: env
	$(PYTEST) -m "$(FAST)" --cov --cov-report=term:skip-covered

benchmarks: env
	$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt asv
	$(BIN)/asv machine --yes >/dev/null
	$(BIN)/asv run --python=same --quick --show-stderr --dry-run

test-all: lint
	$(PYTEST)

lint: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/npe2 validate napari_darlc/napari.yaml
	$(BIN)/typos
	$(BIN)/validate-pyproject pyproject.toml

clean:
	rm -rf .venv .venv-* .asv .coverage* build dist demo-out docs/_build *.egg-info src/*.egg-info \
		.pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src napari_darlc tests benchmarks -name __pycache__ -prune -exec rm -rf {} +
