# What a newcomer, a contributor and CI type; `make` alone lists it.
PYTHON ?= python3
SHELL := /bin/bash

.PHONY: help demo test test-all check prove bench clean

help:
	@echo "make demo    run the demo sweep and write its page (sets up .venv first)"
	@echo "make test    the tests, a few minutes"
	@echo "make test-all  the slow ones, too: long waits, a Slurm on this machine"
	@echo "make check   lint, format, types; lists stale pages of docs/proof/"
	@echo "make prove   the long evidence: makes the stale pages of docs/proof/"
	@echo "make bench   the ratios: start-up, trainer tax, command line"
	@echo "make clean   remove .venv, caches and builds; the store stays"

demo: .venv/.installed
	.venv/bin/fwexp sweep demo

# Half of a test's time is waiting, so four share two cores.
test: .venv/.installed
	.venv/bin/pytest -n 4 --dist worksteal -m "not slow"

# The tests of tests/cluster, one at a time, share one Slurm.
test-all: test
	.venv/bin/pytest -n 2 --dist loadfile -m slow --ignore tests/cluster
	.venv/bin/pytest tests/cluster

check: .venv/.installed
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/python -m tests.prove --stale

prove: .venv/.installed
	.venv/bin/python -m tests.prove

bench: .venv/.installed
	.venv/bin/python -m tests.bench

clean:
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is made last: a set-up that broke off, or whose pins changed, is done again.
.venv/.installed: constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null || { \
	  echo "fwexp needs Python 3.11 or newer; '$(PYTHON)' is: $$($(PYTHON) --version 2>&1)." >&2; \
	  echo "Name a newer one: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Setting up .venv: PyTorch, TensorFlow and about 120 smaller packages; one to three minutes."
	@$(PYTHON) -m venv .venv
	@.venv/bin/pip install -qq -c constraints.txt -e '.[dev]'
	@touch $@
