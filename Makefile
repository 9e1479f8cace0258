# `make bench` and `make test` need nothing but Python 3.11 or newer (with venv) and make; `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# One more than there are processors: many tests wait for children and terminals.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else "auto")')
# Measured with pip on linux x86_64, Python 3.11; onnxruntime-gpu, which also runs on CPUs, is most of it.
BENCH_SIZE := 280 MB to download, 460 MB on disk
TEST_SIZE := 420 MB to download, 960 MB on disk

PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --editable
OFFLINE := { echo "make: the installation failed: see the lines above; it needs the network" >&2; exit 1; }

# Each of some thousand children would compile the package anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help bench demo test lint types contracts check clean
.DELETE_ON_ERROR:
.NOTPARALLEL:

help:
	@echo "make bench      measure this machine            ARGS='--suite standard'"
	@echo "make demo       open netmind-tui on a simulated machine"
	@echo "make test       run the tests                   ARGS='tests/model -x'"
	@echo "make lint       ruff: rules and format"
	@echo "make types      mypy, strict"
	@echo "make contracts  import-linter: the layers, and one door for each library"
	@echo "make check      all four"
	@echo "make clean      remove $(VENV) and the tools' caches"
	@echo "PYTHON=python3.12 chooses the interpreter that $(VENV) is made with."

bench: $(VENV)/installed-bench
	@$(BIN)/netmind bench $(ARGS)

demo: $(VENV)/installed-bench
	@$(BIN)/netmind-tui --demo $(ARGS)

test: $(VENV)/installed-test
	@$(BIN)/pytest --numprocesses $(WORKERS) --dist worksteal $(ARGS)

lint: $(VENV)/installed-test
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: $(VENV)/installed-test
	@$(BIN)/mypy

contracts: $(VENV)/installed-test
	@$(BIN)/lint-imports

check: test lint types contracts

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# A stamp is younger than what it was made from, so nothing is installed twice until pyproject.toml changes.
$(VENV)/installed-bench: pyproject.toml $(VENV)/pyvenv.cfg
	@echo "make: installing netmind into $(VENV) ($(BENCH_SIZE))" >&2
	@$(PIP) . || $(OFFLINE)
	@touch $@

$(VENV)/installed-test: pyproject.toml $(VENV)/pyvenv.cfg
	@echo "make: installing netmind and what its tests need into $(VENV) ($(TEST_SIZE))" >&2
	@$(PIP) '.[test]' || $(OFFLINE)
	@touch $(VENV)/installed-bench $@

$(VENV)/pyvenv.cfg:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "make: there is no $(PYTHON): install Python 3.11 or newer (Debian, Ubuntu: apt install python3 python3-venv)" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make: $$($(PYTHON) --version 2>&1) is too old: install Python 3.11 or newer and name it (make bench PYTHON=python3.12)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "make: $(PYTHON) cannot make virtual environments: install its venv package (Debian, Ubuntu: apt install python3-venv)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
