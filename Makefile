# `make tables` and `make test` need Python 3.11 or newer and nothing else.
PYTHON ?= python3
BIN := .venv/bin
# A file's tests stay in one process, since they share what is expensive to make.
PARALLEL = --numprocesses auto --dist loadfile --no-loadscope-reorder
FREEZE = .venv-lock/bin/python -m pip freeze --all --exclude gaitcore --exclude pip | sed 's/+cpu$$//'

.PHONY: tables test test-quick coverage check docs bench bench-poses fuzz kills lock video dvc slurm test-extras adopt

tables: .venv/ready ## the default experiment, from nothing to its tables
	$(BIN)/snakemake --cores all tables

test: .venv/ready ## everything the tests can check on this machine, on all cores
	$(BIN)/python -m pytest $(PARALLEL)

test-quick: .venv/ready ## the tests that need neither the workflow nor long: under two minutes on two cores
	$(BIN)/python -m pytest $(PARALLEL) -m "not (slow or workflow or dvc or slurm)"

coverage: .venv/ready ## all tests, and which lines of gaitcore they run; also in build/coverage/
	$(BIN)/python -m pytest $(PARALLEL) --cov --cov-report=term:skip-covered --cov-report=html

check: .venv/ready ## style of code and rules, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/snakemake --lint
	$(BIN)/mypy

dvc: .venv/ready ## DVC, with S3 as a remote; see docs/data.md
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --requirement requirements-dvc.lock

slurm: .venv/ready ## what submits jobs to Slurm; see docs/cluster.md
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --requirement requirements-slurm.lock

test-extras: dvc slurm ## the tests that need DVC, an S3 server on loopback, or a Slurm of one node (as root)
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --requirement requirements-test-s3.lock
	$(BIN)/python -m pytest -m "dvc or slurm"

adopt: ## after `dvc pull` or `dvc checkout`: let Snakemake take the files as its own, if DVC vouches for them
	@$(BIN)/dvc status --quiet || { echo "Not adopted: dvc status is not clean, so some files are missing or are not those of this" \
		"configuration, code and data. Look at: dvc status. Then: dvc pull, dvc checkout or dvc repro." >&2; exit 1; }
	$(BIN)/snakemake --cores 1 --touch --forceall --quiet all -- tables

bench: .venv/ready ## how fast, how much memory, beside a textbook's implementation: results/benchmarks.json
	$(BIN)/python benchmarks/bench.py

bench-poses: .venv/video ## how fast poses are made from video: results/benchmarks_poses.json
	$(BIN)/python benchmarks/poses.py

ROBUSTNESS = PYTHONPATH=.:tests:tests/robustness $(BIN)/python -m
MUTATIONS ?= 2000
KILLS ?= 20

fuzz: .venv/ready ## thousands of mutated inputs at every door: results/fuzz.json
	$(ROBUSTNESS) fuzz --mutations $(MUTATIONS) --json results/fuzz.json

kills: .venv/ready ## the whole workflow killed at random times, compared byte for byte: results/kills.json
	$(ROBUSTNESS) kills --kills $(KILLS) --json results/kills.json

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

# All extras are resolved together, so that each can be added to the environment without changing a version in it.
lock: ## the locks anew, from what pyproject.toml asks for
	rm -rf .venv-lock
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet 'torch==2.13.0'
	.venv-lock/bin/python -m pip install --quiet setuptools '.[workflow,test,dvc,slurm,test-s3]'
	mkdir -p build
	$(FREEZE) > build/all.lock
	rm -rf .venv-lock
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet --constraint build/all.lock setuptools '.[workflow,test]'
	$(FREEZE) | tee requirements.lock > build/known.lock
	for extra in dvc slurm test-s3; do \
		.venv-lock/bin/python -m pip install --quiet --constraint build/all.lock ".[$$extra]"; \
		$(FREEZE) | grep --invert-match --line-regexp --fixed-strings --file build/known.lock > requirements-$$extra.lock; \
		cat requirements-$$extra.lock >> build/known.lock; \
	done
	rm -rf .venv-lock
