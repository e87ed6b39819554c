"""run.json: read as it was written, or refused in one sentence."""

import json

import pytest
from made_up import RUN, run_record

from gaitcore.artefacts.run_record import read_run, read_runs, run_of, write_run
from gaitcore.errors import DataError


def test_the_keys_are_written_in_the_order_of_the_schema(tmp_path):
    write_run(run_record(), tmp_path / "run.json")
    assert (tmp_path / "run.json").read_text() == json.dumps(RUN, indent=1) + "\n"


def test_what_is_read_is_what_was_written(tmp_path):
    records = [run_record(seed=seed, resumed_after_steps=(3, 5)) for seed in (0, 1)]
    for record in records:
        write_run(record, tmp_path / f"run-{record.seed}.json")
    assert read_runs([tmp_path / "run-0.json", tmp_path / "run-1.json"]) == records


def test_outside_git_there_is_no_revision(tmp_path):
    write_run(run_record(revision={"commit": None, "clean": None}), tmp_path / "run.json")
    assert read_run(tmp_path / "run.json").revision.commit is None


def test_a_file_with_the_former_name_of_a_key_is_read(tmp_path):
    """Also where it is the run of weights from elsewhere, whose run.json is kept as it was."""
    path, now = tmp_path / "run.json", run_record(source_digest="b" * 64)
    path.write_text(json.dumps(now.model_dump()).replace('"source_digest"', '"pose_source_digest"'))
    former = json.loads(path.read_text())
    assert read_run(path) == now
    origin = {"path": "w.pt", "sha256": "c" * 64, "run": former, "trained_on": {}, "notes": [], "left_out": []}
    imported = read_run(written(tmp_path, origin=origin))
    assert imported.origin.run == former
    assert run_of(imported.origin) == now


def test_a_file_with_both_names_of_a_key_is_refused(tmp_path):
    with pytest.raises(DataError, match="pose_source_digest is unknown"):
        read_run(written(tmp_path, pose_source_digest="b" * 64))


def written(folder, **keys):
    path = folder / "changed.json"
    path.write_text(changed(**keys))
    return path


def changed(**keys):
    return json.dumps(RUN | keys)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (json.dumps(RUN, indent=1)[:50], ", line 4: damaged or cut off, expected JSON; delete it and run again."),
        (b"\xff", ": not UTF-8 text, expected JSON; delete it and run again."),
        (json.dumps({k: v for k, v in RUN.items() if k != "spread"}), ": the key spread is missing"),
        (changed(machine={**RUN["machine"], "gpu": "H100"}), ": the key machine.gpu is unknown"),
        (changed(seed="0"), ': seed is "0", expected a valid integer'),
        (changed(collapsed=1), ": collapsed is 1, expected a valid boolean"),
        (
            changed(outputs={"weights.safetensors": None}),
            ": outputs.weights.safetensors is null, expected a valid string",
        ),
    ],
)
def test_a_damaged_file_ends_in_one_sentence(tmp_path, content, sentence):
    path = tmp_path / "run.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as raised:
        read_run(path)
    ending = "" if sentence.endswith(".") else "; delete it and run again."
    assert str(raised.value) == f"{path}{sentence}{ending}"


def test_a_missing_file_ends_in_one_sentence(tmp_path):
    with pytest.raises(DataError) as raised:
        read_run(tmp_path / "run.json")
    assert str(raised.value) == f"{tmp_path}/run.json: no such file; run the workflow to make it."
