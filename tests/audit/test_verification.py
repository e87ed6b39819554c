"""The verdict on a run that was trained again: bytes on the same machine, accuracies on another."""

import pytest
from made_up import metrics_of, run_record

from gaitcore.artefacts.metrics import write_metrics
from gaitcore.artefacts.run_record import write_run
from gaitcore.audit.verification import compare_runs


def save(folder, weights=b"w", rank1=(("nm", 0.9), ("cl", 0.5)), **machine):
    folder.mkdir()
    (folder / "weights.safetensors").write_bytes(weights)
    write_metrics(metrics_of(dict(rank1)), folder / "metrics.json")
    write_run(run_record(seed=3, machine=machine), folder / "run.json")
    return folder


def test_the_same_bytes_on_the_same_machine_are_reproduced(tmp_path):
    verdict = compare_runs(save(tmp_path / "first"), save(tmp_path / "again"))
    assert (verdict.compared, verdict.agrees) == ("bytes", True)
    assert str(verdict) == (
        "gaitmixer, seed 3: reproduced; same machine, same bytes: weights.safetensors and metrics.json."
    )


def test_other_bytes_on_the_same_machine_are_not_though_accuracies_agree(tmp_path):
    verdict = compare_runs(save(tmp_path / "first"), save(tmp_path / "again", weights=b"v"))
    assert not verdict.agrees
    assert str(verdict) == "gaitmixer, seed 3: NOT reproduced; same machine, but other bytes in weights.safetensors."


@pytest.mark.parametrize(("rank1", "agrees"), [(0.519, True), (0.481, True), (0.521, False)])
def test_on_another_machine_accuracies_must_agree_within_two_points(tmp_path, rank1, agrees):
    again = save(tmp_path / "again", weights=b"v", rank1=(("nm", 0.9), ("cl", rank1)), processor="B")
    verdict = compare_runs(save(tmp_path / "first"), again)
    assert (verdict.compared, verdict.agrees) == ("accuracies", agrees)
    points = abs(100 * rank1 - 50)
    assert verdict.finding == (
        "other machine: processor (a processor, now B); so accuracies were compared, not bytes: mean rank-1 "
        f"differs by at most {points:.1f} points (cl), 2 are allowed"
    )


def test_another_version_of_torch_counts_as_another_machine(tmp_path):
    again = save(tmp_path / "again", packages={"torch": "2.14.0"})
    verdict = compare_runs(save(tmp_path / "first"), again)
    assert verdict.compared == "accuracies"
    assert "torch (2.13.0, now 2.14.0)" in verdict.finding
