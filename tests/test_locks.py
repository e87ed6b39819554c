"""The locks: each package has one version in all of them, and SHA-256 of its files; nothing names a place."""

import re
from itertools import pairwise

import pytest
from places import REPOSITORY

LOCKS = sorted(REPOSITORY.glob("requirements*.lock"))
PIN = re.compile(r"(?P<name>[a-z0-9.-]+)(\[[a-z0-9,-]+\])?==(?P<version>[^ ;]+)( ; .+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")


def pins(lock):
    return {found["name"]: found["version"] for found in map(PIN.fullmatch, lock.read_text().splitlines()) if found}


def test_there_is_a_lock_for_each_part():
    assert [lock.name for lock in LOCKS] == [
        *("requirements-build.lock", "requirements-cuda.lock", "requirements-dvc.lock", "requirements-onnx.lock"),
        *("requirements-site.lock", "requirements-slurm.lock", "requirements-test-s3.lock"),
        *("requirements-torch-cpu.lock", "requirements-torch.lock", "requirements-tracking.lock"),
        *("requirements-video.lock", "requirements.lock"),
    ]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_each_package_of_a_lock_has_a_version_and_a_sha256_of_each_file(lock):
    title, *lines = lock.read_text().splitlines()
    assert title.endswith("Made by: make lock")
    assert [line for line in lines if not PIN.fullmatch(line) and not HASH.fullmatch(line)] == []
    assert all(HASH.fullmatch(line) for before, line in pairwise(lines) if before.endswith("\\"))
    assert all(PIN.fullmatch(line) for before, line in pairwise(lines) if not before.endswith("\\"))


def test_a_package_has_the_same_version_in_all_locks_that_are_installed_together():
    versions = {}
    for lock in LOCKS:
        if lock.name != "requirements-video.lock":  # it holds what MediaPipe asks for where that differs
            for name, version in pins(lock).items():
                assert versions.setdefault(name, version.removesuffix("+cpu")) == version.removesuffix("+cpu")


def test_onnx_has_the_versions_of_poses_from_video():
    onnx, video = (pins(REPOSITORY / f"requirements-{name}.lock") for name in ("onnx", "video"))
    assert {name: onnx[name] for name in onnx.keys() & video.keys()} == {
        name: video[name] for name in ("flatbuffers", "ml-dtypes", "onnx", "onnxruntime", "protobuf")
    }


def test_pytorch_and_the_libraries_for_cuda_are_in_locks_of_their_own():
    ours, torch, cuda = (pins(REPOSITORY / f"requirements{name}.lock") for name in ("", "-torch", "-cuda"))
    assert list(torch) == ["torch"]
    assert pins(REPOSITORY / "requirements-torch-cpu.lock") == {"torch": f"{torch['torch']}+cpu"}
    assert not ours.keys() & {*torch, *cuda}
    assert all(re.match("nvidia|cuda|triton", name) for name in cuda)
