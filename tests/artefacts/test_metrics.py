"""metrics.json and rank1.json: read as they were written, or refused in one sentence."""

import json

import pytest

from gaitcore.artefacts.metrics import read_metrics, write_metrics
from gaitcore.artefacts.rank1 import read_rank1, write_rank1
from gaitcore.errors import DataError

CONTENT = {
    "system": "gaitmixer",
    "evaluation": {"windows": "centre", "ranks": [1]},
    "inputs": {"split.csv": "a"},
    "outputs": {"subjects.csv": "b"},
    "code_digest": None,
    "extensions": {},
    "means": {"rank1": {"nm": 0.25}, "mAP": {"nm": 0.5}},
    "unmatched_probes": 1,
    "left_out": [{"condition": "nm", "gallery_view": "0", "probe_view": "90", "reason": "no probe sequence"}],
    "conditions": {
        "nm": {
            "views": ["0", "90"],
            "probes": [[2, 0], [2, 0]],
            "rank1": [[1.0, None], [0.25, None]],
            "mAP": [[1.0, None], [0.5, None]],
            "per_probe_view": {"rank1": {"0": 0.25}, "mAP": {"0": 0.5}},
        }
    },
}


def test_a_file_is_written_again_with_the_same_bytes(tmp_path):
    (tmp_path / "metrics.json").write_text(json.dumps(CONTENT, indent=1) + "\n")
    write_metrics(read_metrics(tmp_path / "metrics.json"), tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "metrics.json").read_bytes()


def test_each_metric_has_its_cells(tmp_path):
    (tmp_path / "metrics.json").write_text(json.dumps(CONTENT))
    metrics = read_metrics(tmp_path / "metrics.json")
    assert metrics.means["rank1"] == {"nm": 0.25}
    assert metrics.conditions["nm"].views == ("0", "90")
    assert metrics.conditions["nm"].cells == {
        "rank1": ((1.0, None), (0.25, None)),
        "mAP": ((1.0, None), (0.5, None)),
    }
    assert metrics.left_out[0].reason == "no probe sequence"


def with_condition(**keys):
    return CONTENT | {"conditions": {"nm": CONTENT["conditions"]["nm"] | keys}}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (CONTENT | {"means": {"rank1": {"nm": "high"}}}, 'means.rank1.nm is "high", expected a valid number'),
        ({k: v for k, v in CONTENT.items() if k != "means"}, "the key means is missing"),
        (CONTENT | {"schema_version": 2}, "the key schema_version is unknown"),
        (with_condition(views=["0", 90]), "conditions.nm.views.1 is 90, expected a valid string"),
        (with_condition(rank1=[[1.0, "x"]]), 'conditions.nm.rank1.0.1 is "x", expected a valid number'),
        (with_condition(rank1=7), "conditions.nm.rank1 is 7, expected a valid array"),
    ],
)
def test_a_wrong_key_ends_in_one_sentence(tmp_path, content, sentence):
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps(content))
    with pytest.raises(DataError) as raised:
        read_metrics(path)
    assert str(raised.value) == f"{path}: {sentence}; delete it and run again."


def test_a_file_that_is_cut_off_ends_in_one_sentence(tmp_path):
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps(CONTENT, indent=1)[:40])
    with pytest.raises(DataError) as raised:
        read_metrics(path)
    assert str(raised.value) == f"{path}, line 3: damaged or cut off, expected JSON; delete it and run again."


def test_mean_accuracies_are_by_system_and_condition(tmp_path):
    path = tmp_path / "rank1.json"
    write_rank1({"gaitmixer": {"nm": 0.5, "mean": 0.25}}, path)
    assert path.read_text() == '{\n "gaitmixer": {\n  "nm": 0.5,\n  "mean": 0.25\n }\n}\n'
    assert read_rank1(path) == {"gaitmixer": {"nm": 0.5, "mean": 0.25}}
    path.write_text('{"gaitmixer": 0.5}')
    with pytest.raises(DataError) as raised:
        read_rank1(path)
    assert str(raised.value) == f"{path}: gaitmixer is 0.5, expected an object; delete it and run again."
