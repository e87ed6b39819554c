"""Time and memory of the metrics at the size of the largest data sets: ``make bench-metrics``.

Embeddings are made up. OUMVLP's test half has about 67,000 gallery and as many probe sequences in 14 views; a whole
gallery of 40,000 has 40 sequences of each subject. Each measurement is a process of its own. Writes
results/benchmarks_metrics.json.
"""

import argparse
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time

REPOSITORY = Path(__file__).parents[1]
RESULT = REPOSITORY / "results" / "benchmarks_metrics.json"
SIZES = {"cross_view": (20_000, 67_000), "whole_gallery": (20_000, 40_000)}  # gallery sequences, and as many probes
VIEWS = (*range(0, 91, 15), *range(180, 271, 15))
EACH = 40  # sequences of a subject in the whole gallery


def main() -> None:
    """Measure each size and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dimensions", type=int, default=128)
    parser.add_argument("--largest", type=int, default=67_000, help="sequences; larger sizes are left out")
    parser.add_argument("--worker", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        kind, *numbers = arguments.worker
        print(json.dumps(measure(kind, *map(int, numbers))))
        return
    from gaitcore.artefacts.provenance import machine

    result = {"made": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine()}
    result |= {"load": round(os.getloadavg()[0], 1), "dimensions": arguments.dimensions, "rows": []}
    for kind, sizes in SIZES.items():
        for size in sizes:
            if size <= arguments.largest:
                command = [sys.executable, __file__, "--worker", kind, str(size), str(arguments.dimensions)]
                done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
                result["rows"].append(json.loads(done.stdout))
                print(result["rows"][-1], flush=True)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"{RESULT.relative_to(REPOSITORY)} written; make docs puts it into the docs")


def measure(kind: str, size: int, dimensions: int) -> dict:
    """Seconds of a clock and of the processors, and peak memory with the embeddings."""
    import numpy as np
    import pandas as pd

    from gaitcore.evaluation import cross_view_metrics, whole_gallery_metrics
    from gaitcore.execution.compute import peak_memory

    views = [f"{view:03d}" for view in VIEWS]
    in_view, subjects = (views, size // len(views)) if kind == "cross_view" else (["front"] * EACH, size // EACH)
    rows = pd.MultiIndex.from_product([range(subjects), ["gallery", "probe"], range(len(in_view))])
    subject, role, view = (rows.get_level_values(level) for level in range(3))
    keys = pd.DataFrame({"subject": subject.astype(str), "condition": "nm", "sequence": "00", "role": role})
    keys["view"] = np.array(in_view)[view]
    generator = np.random.default_rng(0)
    centres = generator.standard_normal((subjects, dimensions), dtype=np.float32)
    embeddings = centres[subject] + 3 * generator.standard_normal((len(keys), dimensions), dtype=np.float32)
    started, on_processors = perf_counter(), process_time()
    metrics = (cross_view_metrics if kind == "cross_view" else whole_gallery_metrics)(embeddings, keys)
    seconds, cpu = perf_counter() - started, process_time() - on_processors
    rank1 = metrics.mean("nm") if kind == "cross_view" else metrics.rank_k[1]
    return {
        "kind": kind,
        "sequences": len(keys) // 2,
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu, 1),
        "peak_gb": round(peak_memory() / 1e9, 2),
        "rank1": round(rank1, 4),
    }


if __name__ == "__main__":
    main()
