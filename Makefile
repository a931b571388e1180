# Needs only python3 with venv. Everything is installed into .venv.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check
CORES ?= 2

.PHONY: help run test verify lint clean

help:
	@echo "make run     simulate England; results in results/england"
	@echo "make test    style, types and the fast test suite"
	@echo "make verify  statistical and full-scale checks (minutes)"
	@echo "make clean   remove the environment and caches"

run: .venv/.installed
	$(BIN)/pipeline-sim run england --out results/england

test: lint
	$(BIN)/python -m pytest -q -n $(CORES)

verify: .venv/.installed-dev
	$(BIN)/python -m pytest -q -m verify
	HYPOTHESIS_PROFILE=explore $(BIN)/python -m pytest -q -n $(CORES) tests/test_engine_identity.py tests/test_engine_invariants.py tests/test_rules_*.py tests/test_scenario_property.py

lint: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf .venv build *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	$(PYTHON) -m venv .venv

# The stamps are older than setup.cfg or pyproject.toml when dependencies may have changed.
.venv/.installed: setup.cfg pyproject.toml | .venv/bin/python
	$(PIP) --editable .
	@touch $@

.venv/.installed-dev: setup.cfg pyproject.toml | .venv/bin/python
	$(PIP) --editable '.[dev]'
	@touch .venv/.installed $@
