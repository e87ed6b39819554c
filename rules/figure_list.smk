# The figures of an experiment: the module that draws each one, its arguments and its input files.
from types import SimpleNamespace


def figure_spec(kind, arguments=None, code=(), **files):
    """A figure: its module in gaitcore/reporting/figures, further arguments, code loaded by name, and its files."""
    return SimpleNamespace(kind=kind, arguments=arguments or {}, code=code, files=files)


def one_file(pattern):
    """A single path of the experiment in use, where ``experiment_paths`` returns a list."""
    return experiment_paths(pattern)[0]


def pictured_inputs():
    """The input transforms of the systems in use that make pictures of poses."""
    systems = [SimpleNamespace(system=system) for system in CONFIG.compare]
    files = dict.fromkeys(chain(*map(input_files, systems)))
    return [file for file in files if "PICTURES" in declared(file)]


def inspection_paths(file, systems=MAPPED):
    """A file of the inspections of all runs whose networks have a map."""
    pattern = "results/{experiment}/inspection/{system}/{run}/{file}"
    return experiment_paths(pattern, system=systems, file=file)


ON_TRAININGS = {
    "training": figure_spec(
        "training",
        training=experiment_paths(
            "results/{experiment}/{system}/{run}/training.csv", system=TRAINED
        ),
    ),
}


ON_MAPS = {
    "frequency": figure_spec(
        "frequency", spectra=inspection_paths("spectrum.safetensors")
    ),
    "frequency_share": figure_spec(
        "frequency_share", spectra=inspection_paths("spectrum.safetensors")
    ),
    "attribution": figure_spec(
        "attribution", maps=inspection_paths("maps.safetensors")
    ),
    "attribution_shares": figure_spec(
        "attribution_shares", probes=inspection_paths("probes.csv")
    ),
}

ON_SILHOUETTE_MAPS = {
    "silhouette_attribution": figure_spec(
        "silhouette_attribution",
        maps=inspection_paths("silhouette_maps.safetensors", MAPPED_SILHOUETTES),
    ),
}

# name -> specification, in the order of the report
FIGURES = {
    **(ON_MAPS if MAPPED else {}),
    **(ON_SILHOUETTE_MAPS if MAPPED_SILHOUETTES else {}),
    "seeds": figure_spec(
        "seeds",
        metrics=experiment_paths("results/{experiment}/{system}/{run}/metrics.json"),
    ),
    "roc": figure_spec(
        "roc",
        embeddings=experiment_paths(
            "results/{experiment}/{system}/{run}/embeddings.parquet"
        ),
        splits=splits_of_runs(),
    ),
    **{
        f"cross_view_{system}": figure_spec(
            "cross_view",
            {"system": system},
            metrics=experiment_paths(
                "results/{experiment}/{system}/{run}/metrics.json", system=system
            ),
        )
        for system in CONFIG.compare
        if metrics_module() == "gaitcore.evaluation.cross_view"
    },
    **{
        f"against_{option}": figure_spec(
            "against",
            {"option": option},
            summary=one_file("results/{experiment}/summary.csv"),
        )
        for option in CONFIG.figures.against
    },
    **(ON_TRAININGS if TRAINED else {}),
    "exclusions": figure_spec(
        "exclusions",
        split=one_file("results/{experiment}/split.csv"),
        poses_report=one_file(report_of_listing()),
    ),
    "contact_sheet": figure_spec(
        "contact_sheet",
        {"pictures": [file.stem for file in pictured_inputs()]},
        code=pictured_inputs(),
        **tables_of_frames(),
    ),
}
