# `make tables` and `make test` need Python 3.11 or newer and nothing else.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: tables test check docs bench bench-poses video lock

tables: .venv/ready ## the default experiment, from nothing to its tables
	$(BIN)/snakemake --cores all tables

test: .venv/ready ## everything the tests can check on this machine
	$(BIN)/python -m pytest

check: .venv/ready ## style of code and rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/snakemake --lint

bench: .venv/ready ## how fast, how much memory, beside a textbook's implementation: results/benchmarks.json
	$(BIN)/python benchmarks/bench.py

bench-poses: .venv/video ## how fast poses are made from video: results/benchmarks_poses.json
	$(BIN)/python benchmarks/poses.py

docs: .venv/ready ## the generated parts of the documentation
	$(BIN)/python docs/generate.py

# The environment: made again whenever it is missing or older than the lock.
.venv/ready: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; name another one with: make PYTHON=python3.12")'
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --disable-pip-version-check --requirement requirements.lock
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps --no-build-isolation --quiet --editable .
	touch $@

video: .venv/video ## what poses from video need: decoder, estimators

.venv/video: .venv/ready requirements-video.lock
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps --requirement requirements-video.lock
	touch $@

lock: ## requirements.lock anew, from what pyproject.toml asks for
	rm -rf .venv-lock
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet 'torch==2.13.0'
	.venv-lock/bin/python -m pip install --quiet setuptools '.[workflow,test]'
	.venv-lock/bin/python -m pip freeze --all --exclude gaitcore --exclude pip | sed 's/+cpu$$//' > requirements.lock
	rm -rf .venv-lock
