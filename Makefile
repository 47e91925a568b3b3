# The doors of the house. Each works alone on a fresh machine with Python 3.11 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# files of tests side by side, a process for each processor
SIDE_BY_SIDE := -n auto --maxprocesses 4 --dist loadfile

.PHONY: demo test deep check bench clean

demo: $(STAMP)
	$(BIN)/vnvaxmatch demo

test: $(STAMP)
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

deep: $(STAMP)
	VNVAXMATCH_PROFILE=deep $(BIN)/python -m pytest

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest --doctest-modules src/vnvaxmatch -p no:cacheprovider -q
	$(BIN)/python -m pytest docs README.md -p no:cacheprovider -q

bench: $(STAMP)
	$(BIN)/python benchmarks/run.py

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	    --constraint constraints.txt --editable '.[all]' -r requirements-dev.txt
	touch $(STAMP)

clean:
	rm -rf $(VENV) build dist demo-out .mypy_cache .ruff_cache .pytest_cache .hypothesis
