# `make tables` and `make test` need Python 3.11 or newer and nothing else.
PYTHON ?= python3
BIN := .venv/bin
# A file's tests stay in one process, since they share what is expensive to make.
PARALLEL = --numprocesses auto --dist loadfile --no-loadscope-reorder
# What a lock names is installed if its SHA-256 is in the lock, and nothing else.
INSTALL = $(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes --no-deps \
	--no-build-isolation --requirement

.PHONY: help tables test test-quick coverage check docs bench bench-gpu bench-appearance bench-metrics bench-poses fuzz kills lock screenshots site site-version video onnx dvc slurm tracking extras stages test-extras adopt image

# Small trainings side by side, of a thread each, need less time than one after the other with two; the bytes are the same.
tables: .venv/ready ## the default experiment, from nothing to its tables
	@$(BIN)/python workflow_scripts/screen.py --cores all --set-threads train=1 -- tables

help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):[^#]*## \(.*\)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18

test: .venv/ready ## everything the tests can check on this machine, on all cores
	$(BIN)/python -m pytest $(PARALLEL)

test-quick: .venv/ready ## the tests that need neither the workflow nor long: about two minutes on two cores
	$(BIN)/python -m pytest $(PARALLEL) -m "not (slow or workflow or dvc or slurm)"

coverage: .venv/ready ## all tests, and which lines of gaitcore they run; also in build/coverage/
	$(BIN)/python -m pytest $(PARALLEL) --cov --cov-report=term:skip-covered --cov-report=html

check: .venv/ready ## style of code and rules, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow rules
	$(BIN)/snakemake --lint
	$(BIN)/mypy

dvc: .venv/ready ## DVC, with S3 as a remote; see docs/data.md
	$(INSTALL) requirements-dvc.lock

slurm: .venv/ready ## what submits jobs to Slurm; see docs/cluster.md
	$(INSTALL) requirements-slurm.lock

tracking: .venv/ready ## what writes records for TensorBoard; see docs/configuration.md
	$(INSTALL) requirements-tracking.lock

extras: dvc slurm tracking ## all three, and what their tests need
	$(INSTALL) requirements-test-s3.lock

test-extras: extras ## the tests that need DVC, an S3 server on loopback, TensorBoard's records, or a Slurm of one node (as root)
	$(BIN)/python -m pytest $(PARALLEL) -m "dvc or slurm or tracking"

stages: ## dvc.yaml for the experiment that config.yaml names
	$(BIN)/python workflow_scripts/stages.py

adopt: ## after `dvc pull` or `dvc checkout`: let Snakemake take the files as its own, if DVC vouches for them
	@$(BIN)/dvc status --quiet || { echo "Not adopted: dvc status is not clean, so some files are missing or are not those of this" \
		"configuration, code and data. Look at: dvc status. Then: dvc pull, dvc checkout or dvc repro." >&2; exit 1; }
	$(BIN)/snakemake --cores 1 --touch --forceall --quiet all -- tables

bench: .venv/ready ## how fast, how much memory, beside a textbook's implementation: results/benchmarks.json
	$(BIN)/python benchmarks/bench.py

bench-gpu: .venv/ready ## training and evaluation on a GPU, in under four minutes: results/benchmarks_gpu.json
	$(BIN)/python benchmarks/gpu.py

bench-appearance: .venv/ready ## a step of GaitSet and GaitPart on a CPU, beside plain modules: results/benchmarks_appearance.json
	$(BIN)/python benchmarks/appearance.py

bench-metrics: .venv/ready ## the metrics at the size of the largest data sets: results/benchmarks_metrics.json
	$(BIN)/python benchmarks/metrics.py

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

screenshots: .venv/ready ## the picture of the demo's report in the documentation, after snakemake report; needs Chromium
	$(BIN)/python docs/screenshots.py

site: .venv/ready ## the documentation as pages that work offline: build/site/index.html
	$(INSTALL) requirements-site.lock
	NO_MKDOCS_2_WARNING=1 PYTHONPATH=. SITE_REPOSITORY=$(SITE_REPOSITORY) $(BIN)/python -m mkdocs build --strict --quiet

site-version: .venv/ready ## the same pages as this version's, beside those of other versions, in the branch gh-pages (PUSH=--push sends it)
	$(INSTALL) requirements-site.lock
	PATH="$$PWD/$(BIN):$$PATH" NO_MKDOCS_2_WARNING=1 PYTHONPATH=. SITE_REPOSITORY=$(SITE_REPOSITORY) $(BIN)/mike deploy --update-aliases $(PUSH) \
		$$($(BIN)/python -c "import gaitcore; print(gaitcore.__version__)") latest
	PATH="$$PWD/$(BIN):$$PATH" $(BIN)/mike set-default $(PUSH) latest

# The environment: its packages are installed anew whenever they are missing or older than a lock, and gaitcore whenever
# pyproject.toml has changed. Packages that are built from source are built with the setuptools of the lock. Where pip's
# indexes have no PyTorch for CPUs alone, PyPI's is installed, and CUDA's libraries if it asks for them. `make TORCH=pypi`
# takes PyPI's in any case, e.g. for a GPU.
.venv/packages: requirements-build.lock requirements.lock requirements-torch-cpu.lock requirements-torch.lock requirements-cuda.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; name another one with: make PYTHON=python3.12")'
	$(PYTHON) -m venv --clear .venv
	$(INSTALL) requirements-build.lock
	$(INSTALL) requirements.lock
	if [ "$(TORCH)" != pypi ] && $(BIN)/python -m pip index versions torch 2>/dev/null | grep -q -F \
		"$$(sed -n 's/^torch==\([^ ]*\).*/\1/p' requirements-torch-cpu.lock)"; \
		then $(INSTALL) requirements-torch-cpu.lock; else $(INSTALL) requirements-torch.lock; fi
	if $(BIN)/python -m pip check | grep -q "^torch .* not installed"; then $(INSTALL) requirements-cuda.lock; fi
	touch $@

.venv/ready: .venv/packages pyproject.toml
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps --no-build-isolation --quiet --editable .
	$(BIN)/python -m pip check
	touch $@

video: .venv/video ## what poses and silhouettes from video need: decoder, estimators

.venv/video: .venv/ready requirements-video.lock
	$(INSTALL) requirements-video.lock
	touch $@

onnx: .venv/onnx ## what gaitcore export needs: ONNX and its runtime

.venv/onnx: .venv/ready requirements-onnx.lock
	$(INSTALL) requirements-onnx.lock
	touch $@

image: ## the environment as an image for --sdm apptainer; see docs/cluster.md
	docker build $(if $(BASE),--build-arg BASE=$(BASE)) --tag gaitcore .
	mkdir -p build
	apptainer build --force build/gaitcore.sif docker-daemon://gaitcore:latest
	sha256sum build/gaitcore.sif

lock: ## the locks anew, from what pyproject.toml asks for and its newest versions
	PYTHON=$(PYTHON) ./.ci/lock
