"""Made-up files for every figure of an experiment as large as CASIA-B: eleven views, three conditions, five systems."""

from itertools import product

import numpy as np
import pandas as pd
from drawn_silhouettes import write_table
from made_up import metrics_of
from made_up_embeddings import made_up
from places import REPOSITORY

from gaitcore.artefacts.attribution_maps import AttributionMaps, write_maps
from gaitcore.artefacts.embeddings import write_embeddings
from gaitcore.artefacts.inspected_probes import write_probes
from gaitcore.artefacts.metrics import write_metrics
from gaitcore.artefacts.silhouette_maps import SilhouetteMap, SilhouetteMaps, write_silhouette_maps
from gaitcore.artefacts.spectrum import Spectrum, write_spectrum
from gaitcore.artefacts.split import write_split
from gaitcore.artefacts.summary import write_summary
from gaitcore.artefacts.training_history import write_history
from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.skeleton import JOINTS
from gaitcore.modalities.keypoints.table import PoseInfo, table_of_sequences
from gaitcore.settings.files import load_config

SYSTEMS = ("gaitgraph", "gaitgraph2", "gaittr", "gaitformer", "gaitmixer")
CONDITIONS, VIEWS = ("nm", "bg", "cl"), tuple(range(0, 181, 18))
FRAMES = 60
KERNELS = {"kernel_3": 3, "kernel_9": 9, "kernel_61": 61}


def experiment(compare=SYSTEMS, name="casia_b", **changes):
    """The configuration of an experiment with five seeds."""
    changes = {"systems": {"gaittr": {"title": "A system of a long name (no learning)"}}} | changes
    return load_config(
        REPOSITORY / "config.yaml", {"experiment": name, "compare": list(compare), "seeds": [0, 1, 2, 3, 4], **changes}
    )


def _files(folder, stem, config, write, draws):
    """One file for each run; ``write`` gets random numbers and a path."""
    paths = [folder / f"{stem}-{run}" for run in range(len(config.compare) * len(config.seeds))]
    for path in paths:
        write(draws, path)
    return paths


def _spectrum(draws, path):
    energy = draws.dirichlet(np.ones(FRAMES * 17)).reshape(FRAMES, 17)
    write_spectrum(Spectrum(draws.exponential(size=(128, FRAMES, 17)), energy, 1234), path)


def _maps(draws, path):
    probe, *means = draws.dirichlet(np.ones(FRAMES * 17), size=4).reshape(4, FRAMES, 17)
    write_maps(
        AttributionMaps("100-nm-05-090", "100-nm-01-072", probe, dict(zip(CONDITIONS, means, strict=True))), path
    )


def _probes(draws, path):
    rows = []
    for number, condition in enumerate(CONDITIONS * 2):
        key = {"subject": "100", "condition": condition, "sequence": number, "view": 90, "match": "100-nm-01-072"}
        shares = dict(zip((f"{joint}_share" for joint in JOINTS), draws.dirichlet(np.ones(17)), strict=True))
        rows.append(key | {"similarity": 0.5, "recognised": True, "frames_for_half": 20} | shares)
    write_probes(pd.DataFrame(rows), path)


def _metrics(draws, path):
    cells = {name: draws.uniform(size=(11, 11)).tolist() for name in CONDITIONS}
    cells["nm"][0][3] = 1.0  # the widest number
    means = {name: float(np.mean(cells[name])) for name in CONDITIONS}
    views = [f"{view:03d}" for view in VIEWS]
    write_metrics(metrics_of(means, cells, views, [[9] * 11] * 11), path)


def _history(draws, path):
    falling = 0.2 * 0.9 ** np.arange(80) * draws.uniform(0.8, 1.2, 80)
    columns = {"epoch": np.arange(1, 81), "loss": falling, "learning_rate": np.geomspace(1e-2, 1e-6, 80)}
    columns |= {"spread": np.linspace(0.01, 0.8, 80), "validation_rank1": np.linspace(0.1, 0.9, 80)}
    columns |= {"mined_triplets": 9, "seconds": 1.5, "sequences_per_second": 60.0}
    write_history(pd.DataFrame(columns), path)


def _embeddings(draws, path):
    embeddings, keys = made_up(int(draws.integers(1000)))
    write_embeddings(embeddings, keys, path)


def _tested(folder):
    write_split(made_up(0)[1].assign(frames=60, reason=""), folder / "tested.csv", [])
    return folder / "tested.csv"


def _silhouette_maps(draws, path):
    maps = [
        SilhouetteMap(draws.dirichlet(np.ones(64 * 44)).reshape(64, 44), draws.uniform(size=(64, 44))) for _ in range(4)
    ]
    means = dict(zip(CONDITIONS, maps[1:], strict=True))
    write_silhouette_maps(SilhouetteMaps("100-nm-05-090", "100-nm-01-072", maps[0], means), path)


def _summary(config, path):
    systems = {name: 0.5 + 0.1 * number for number, name in enumerate(config.compare)}
    rows = [
        (system, condition, "mean", "rank1", value, 0.02, value - 0.1, value + 0.1, 5, 50, None, None)
        for system, value in systems.items()
        for condition in (*CONDITIONS, "mean")
    ]
    columns = ["system", "condition", "view", "metric", "mean", "std", "ci_low", "ci_high", "n_seeds", "n_subjects"]
    write_summary(pd.DataFrame(rows, columns=[*columns, "p_value", "p_value_holm"]), path)
    return path


def _exclusions(folder, draws):
    rows = ["subject,condition,sequence,view,frames,role,reason"]
    for subject, condition, view in product(range(30), CONDITIONS, VIEWS):
        frames = int(draws.normal(95, 15))
        kept = ("probe", "") if frames > 60 else ("excluded", f'"{frames} frames, fewer than the 61 required"')
        rows.append(",".join([f"{subject:03d},{condition},1,{view},{frames}", *kept]))
    (folder / "split.csv").write_text("\n".join(rows) + "\n")
    reasons = [f"poses.csv,{line},001-nm-01-000,7,repeated frame" for line in range(2, 12345)]
    (folder / "poses_report.csv").write_text("\n".join(["file,line,sequence,frame,reason", *reasons]) + "\n")
    return {"split": folder / "split.csv", "poses_report": folder / "poses_report.csv"}


def _walks(folder, draws):
    sequences = {}
    body = draws.uniform((120, 40), (200, 200), size=(17, 2))
    for condition, view in product(CONDITIONS, VIEWS):
        walk = np.concatenate([body + np.arange(-70, 71, 35)[:, None, None] * [1, 0], np.ones((5, 17, 1))], axis=-1)
        walk[..., 2] = draws.uniform(size=(5, 17))
        subject = "100" if (condition, view) != ("cl", 90) else "101"
        sequences[SequenceKey(subject, condition, 1, view)] = (np.arange(5), walk)
    table_of_sequences(sequences, PoseInfo("walkers", 320, 240, 25.0)).write(folder / "poses.parquet")
    names = [f"{key.subject}-{key.condition}-01-{key.view:0>3}" for key in sequences]
    write_table(
        folder / "silhouettes.parquet", {name: (np.arange(3), np.full((3, 64, 64), 255, np.uint8)) for name in names}
    )
    return {"poses": folder / "poses.parquet", "silhouettes": folder / "silhouettes.parquet"}


def figures(folder):
    """name -> a function that writes the figure's files and returns its kind, configuration and further arguments."""
    draws = np.random.default_rng(0)
    config, silhouettes = experiment(), experiment(("gaitset", "gaitpart", "gaitnet"), "demo_appearance")
    systems = {name: {"like": "gaitmixer", "network": {"kernel": size}} for name, size in KERNELS.items()}
    kernels = experiment(KERNELS, systems=systems, figures={"against": {"kernel": list(KERNELS)}})
    few = config.model_copy(update={"seeds": (0, 1)})

    def files(stem, write, of=config):
        return _files(folder, stem, of, write, draws)

    return {
        "frequency": lambda: ("frequency", config, {"spectra": files("spectrum", _spectrum)}),
        "frequency_share": lambda: ("frequency_share", config, {"spectra": files("spectrum", _spectrum)}),
        "frequency_share of few": lambda: ("frequency_share", few, {"spectra": files("spectrum", _spectrum, few)}),
        "attribution": lambda: ("attribution", config, {"maps": files("maps", _maps)}),
        "attribution_shares": lambda: ("attribution_shares", config, {"probes": files("probes", _probes)}),
        "attribution_shares of few": lambda: ("attribution_shares", few, {"probes": files("probes", _probes, few)}),
        "silhouette_attribution": lambda: (
            "silhouette_attribution",
            silhouettes,
            {"maps": files("silhouettes", _silhouette_maps, silhouettes)},
        ),
        "seeds": lambda: ("seeds", config, {"metrics": files("metrics", _metrics)}),
        "roc": lambda: (
            "roc",
            few,
            {"embeddings": files("embeddings", _embeddings, few), "splits": [_tested(folder)] * 2 * len(SYSTEMS)},
        ),
        "cross_view": lambda: (
            "cross_view",
            config,
            {"system": "gaitmixer", "metrics": files("metrics", _metrics)[:5]},
        ),
        "against": lambda: ("against", kernels, {"option": "kernel", "summary": _summary(kernels, folder / "summary")}),
        "training": lambda: ("training", config, {"training": files("training", _history)}),
        "exclusions": lambda: ("exclusions", config, _exclusions(folder, draws)),
        "contact_sheet": lambda: ("contact_sheet", config, _walks(folder, draws)),
    }


def crossed():
    """cross.csv of two systems on three data sets of long names."""
    sets = {"casia_b": "CASIA-B", "ucalgary": "UCalgary, projected Kinect skeletons", "psymo": "PsyMo"}
    rows = [
        {
            "condition": "mean",
            **{"system": system, "title": title},
            **{"trained_on": trained, "trained_on_title": sets[trained]},
            **{"tested_on": tested, "tested_on_title": sets[tested]},
            **{"rank1_percent": 100.0, "ci_low_percent": 93.8, "ci_high_percent": 100.0},
        }
        for (system, title), trained, tested in product(
            {"gaitformer": "GaitFormer", "gaitmixer": "GaitMixer, untrained"}.items(), sets, sets
        )
        if (trained, tested) != ("psymo", "ucalgary")
    ]
    return pd.DataFrame(rows)
