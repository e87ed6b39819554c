"""``snakemake verify`` trains a seed of each system again and compares."""

import shutil

import pytest

pytestmark = pytest.mark.workflow


def test_the_first_seed_of_each_system_is_reproduced_to_the_byte(finished):
    done = finished.snakemake("verify")
    assert done.returncode == 0, done.stdout
    for system in ("gaitformer", "gaitmixer"):
        assert f"{system}, seed 0: reproduced; same machine, same bytes: weights.safetensors and metrics.json." in (
            done.stdout
        )
    assert not finished.results("verify").exists()
    assert "Retraining gaitmixer, seed 0, on tiny" in finished.snakemake("verify", "-n").stdout
    assert finished.jobs() == {}


def test_a_weight_that_is_not_what_training_gives_fails(finished):
    weights = finished.results("gaitmixer/seed-0/weights.safetensors")
    original = weights.read_bytes()
    try:
        weights.write_bytes(original[:-4] + bytes(4))
        done = finished.snakemake("verify")
        assert done.returncode == 1
        assert "gaitmixer, seed 0: NOT reproduced; same machine, but other bytes in weights.safetensors" in done.stdout
        assert "1 of 2 runs were not reproduced: gaitmixer, seed 0. The retrained runs are in results/tiny/verify;" in (
            done.stdout
        )
    finally:
        weights.write_bytes(original)
        shutil.rmtree(finished.results("verify"))
        finished.snakemake("tables")
    assert finished.jobs() == {}
