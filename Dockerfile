# The environment of requirements.lock as an image: make image. The checkout is not in it; it is mounted when a job runs.
#
# For an image that can be built again with the same bytes underneath, name the base by its digest, as
# `docker buildx imagetools inspect python:3.11-slim-bookworm` prints it:
#   docker build --build-arg BASE=python:3.11-slim-bookworm@sha256:... --tag gaitcore .
ARG BASE=python:3.11-slim-bookworm
FROM ${BASE}

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore PYTHONDONTWRITEBYTECODE=1
COPY requirements-build.lock requirements.lock requirements-torch.lock requirements-cuda.lock /locks/
# pip installs only files whose SHA-256 is in a lock.
RUN install="python -m pip install --require-hashes --no-deps --no-build-isolation --requirement" \
    && $install /locks/requirements-build.lock \
    && $install /locks/requirements.lock \
    && $install /locks/requirements-torch.lock \
    && if python -m pip check | grep -q "^torch .* not installed"; then $install /locks/requirements-cuda.lock; fi \
    && python -m pip check

# Jobs run in the root of the checkout and import gaitcore from there.
ENV PYTHONPATH=.
