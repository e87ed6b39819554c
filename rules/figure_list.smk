# The pictures of an experiment: what draws each one, and from which files.
from types import SimpleNamespace

from gaitcore.declared import declared


def drawn(kind, about=None, **files):
    """What draws a figure: its module in gaitcore/reporting/figures, what it is about, and the files it reads."""
    return SimpleNamespace(kind=kind, about=about or {}, files=files)


def figure_sections(kind):
    """The sections of the configuration that a figure of this kind declares it depends on."""
    file = Path(f"gaitcore/reporting/figures/{kind}.py")
    return settings(CONFIG, only=set(declared(file)["SECTIONS"].split()))


def one_file(pattern):
    """A single path of the experiment in use, where ``of_experiment`` gives a list."""
    return of_experiment(pattern)[0]


def of_inspections(file):
    """A file of the inspection of every run whose network has a map to look at."""
    pattern = "results/{experiment}/inspection/{system}/seed-{seed}/{file}"
    return of_experiment(pattern, system=MAPPED, file=file)


ON_MAPS = {
    "frequency": drawn("frequency", spectra=of_inspections("spectrum.safetensors")),
    "frequency_share": drawn(
        "frequency_share", spectra=of_inspections("spectrum.safetensors")
    ),
    "attribution": drawn("attribution", maps=of_inspections("maps.safetensors")),
    "attribution_shares": drawn(
        "attribution_shares", probes=of_inspections("probes.csv")
    ),
}

# name -> how it is drawn, in the order of the report
FIGURES = {
    **(ON_MAPS if MAPPED else {}),
    "seeds": drawn(
        "seeds",
        metrics=of_experiment("results/{experiment}/{system}/seed-{seed}/metrics.json"),
    ),
    **{
        f"cross_view_{system}": drawn(
            "cross_view",
            {"system": system},
            metrics=of_experiment(
                "results/{experiment}/{system}/seed-{seed}/metrics.json", system=system
            ),
        )
        for system in CONFIG.compare
        if measuring()["metrics"] == "cross_view"
    },
    **{
        f"against_{option}": drawn(
            "against",
            {"option": option},
            summary=one_file("results/{experiment}/summary.csv"),
        )
        for option in CONFIG.figures.against
    },
    "training": drawn(
        "training",
        training=of_experiment(
            "results/{experiment}/{system}/seed-{seed}/training.csv"
        ),
    ),
    "exclusions": drawn(
        "exclusions",
        split=one_file("results/{experiment}/split.csv"),
        poses_report=one_file(report_of_listing()),
    ),
    **(
        {
            "contact_sheet": drawn(
                "contact_sheet", poses=one_file("results/{experiment}/poses.parquet")
            )
        }
        if POSE_SOURCES
        else {}
    ),
}
