"""``snakemake verify`` trains a seed of each system again and compares."""

import shutil

import pytest

from gaitcore.digests import file_digest

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


def test_weights_that_training_does_not_give_fail(finished):
    """Weights whose record and receipt fit them: nothing but training again can tell."""
    weights, record = (finished.results(f"gaitmixer/seed-0/{name}") for name in ("weights.safetensors", "run.json"))
    receipt = finished.results("receipts/gaitmixer/seed-0/train.json")
    originals = {path: path.read_bytes() for path in (weights, record, receipt)}
    try:
        before = {path: file_digest(path) for path in (weights, record)}
        weights.write_bytes(originals[weights][:-4] + bytes(4))
        record.write_text(record.read_text().replace(before[weights], file_digest(weights)))
        for path, digest in before.items():
            receipt.write_text(receipt.read_text().replace(digest, file_digest(path)))
        done = finished.snakemake("verify")
        assert done.returncode == 1
        assert "gaitmixer, seed 0: NOT reproduced; same machine, but other bytes in weights.safetensors" in done.stdout
        assert "1 of 2 runs were not reproduced: gaitmixer, seed 0. The retrained runs are in results/tiny/verify;" in (
            done.stdout
        )
    finally:
        for path, content in originals.items():
            path.write_bytes(content)
        shutil.rmtree(finished.results("verify"))
        finished.snakemake("tables")
    assert finished.jobs() == {}
