"""Made-up contents of the files that runs leave, for tests that read them."""

from gaitcore.artefacts.metrics import ConditionMetrics, Metrics
from gaitcore.artefacts.run_record import RunRecord

RUN = {
    "system": "gaitmixer",
    "seed": 0,
    "settings": {"protocol": {"split": "48/20"}, "training": {"epochs": 300}},
    "channels": ("x", "y"),
    "parameters": 166_304,
    "training_subjects": 74,
    "training_sequences": 8_000,
    "epoch": 300,
    "final_loss": 0.01234,
    "spread": 0.4,
    "collapsed": False,
    "untrained": False,
    "inputs": {"poses.parquet": "b" * 64, "split.csv": "c" * 64},
    "source_digest": "a" * 64,
    "outputs": {"weights.safetensors": "e" * 64, "training.csv": "f" * 64},
    "code_digest": "c0de",
    "extensions": {},
    "revision": {"commit": "d" * 40, "clean": True},
    "machine": {
        "platform": "Linux",
        "processor": "a processor",
        "cores": 2,
        "python": "3.11.7",
        "packages": {"torch": "2.13.0"},
    },
    "device": "cpu",
    "threads": 2,
    "determinism": {"deterministic_algorithms": True},
    "wall_seconds": 5400.0,
    "resumed_after_steps": (),
    "peak_memory_bytes": 7_400_000_000,
    "peak_gpu_memory_bytes": 0,
    "origin": None,
}


def run_record(**changes) -> RunRecord:
    """A run record; ``machine`` gives changes of the machine."""
    machine = RUN["machine"] | changes.pop("machine", {})
    return RunRecord.model_validate(RUN | {"machine": machine} | changes)


def metrics_of(means=None, cells=None, views=("000", "090"), probes=((1, 1), (1, 1))) -> Metrics:
    """Metrics of one run with rank-1 alone.

    Args:
        means: condition -> fraction.
        cells: condition -> rank-1, gallery view by probe view.
        views: of the cells.
        probes: number of probes in each cell.
    """
    conditions = {
        name: ConditionMetrics(
            views=tuple(views),
            probes=tuple(map(tuple, probes)),
            rank1=tuple(map(tuple, rows)),
            per_probe_view={"rank1": {}},
        )
        for name, rows in (cells or {}).items()
    }
    return Metrics(
        system="gaitmixer",
        evaluation={"ranks": [1]},
        inputs={},
        outputs={},
        code_digest=None,
        extensions={},
        means={"rank1": dict(means or {})},
        unmatched_probes=0,
        left_out=(),
        conditions=conditions,
    )
