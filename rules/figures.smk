# Pictures of an experiment's results, each with the numbers behind it and a caption.
from types import SimpleNamespace


def drawn(kind, about=None, **files):
    """What draws a figure: its module in gaitcore/reporting/figures, what it is about, and the files it reads."""
    return SimpleNamespace(kind=kind, about=about or {}, files=files)


def one_file(pattern):
    """A single path of the experiment in use, where ``of_experiment`` gives a list."""
    return of_experiment(pattern)[0]


def one_file(pattern):
    """A single path of the experiment in use, where ``of_experiment`` gives a list."""
    return of_experiment(pattern)[0]


def of_inspections(file):
    """A file of the inspection of every run whose network has a map to look at."""
    pattern = "results/{experiment}/inspection/{model}/seed-{seed}/{file}"
    return of_experiment(pattern, model=MAPPED, file=file)


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
        metrics=of_experiment("results/{experiment}/{model}/seed-{seed}/metrics.json"),
    ),
    **{
        f"cross_view_{model}": drawn(
            "cross_view",
            {"system": model},
            metrics=of_experiment(
                "results/{experiment}/{model}/seed-{seed}/metrics.json", model=model
            ),
        )
        for model in CONFIG.models
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
        training=of_experiment("results/{experiment}/{model}/seed-{seed}/training.csv"),
    ),
    "exclusions": drawn(
        "exclusions",
        split=one_file("results/{experiment}/split.csv"),
        poses_report=one_file("results/{experiment}/poses_report.csv"),
    ),
    "contact_sheet": drawn(
        "contact_sheet", poses=one_file("results/{experiment}/poses.parquet")
    ),
}


rule draw_figure:
    input:
        unpack(lambda wildcards: FIGURES[wildcards.figure].files),
        style="gaitcore/reporting/figures/figures.mplstyle",
    output:
        pdf="results/{experiment}/figures/{figure}.pdf",
        png=report(
            "results/{experiment}/figures/{figure}.png",
            caption="../report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
        numbers="results/{experiment}/figures/{figure}.csv",
        caption="results/{experiment}/figures/{figure}.txt",
    log:
        "results/{experiment}/logs/figures/{figure}.log",
    benchmark:
        "results/{experiment}/benchmarks/figures/{figure}.tsv"
    wildcard_constraints:
        figure="|".join(map(re.escape, FIGURES)),
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        kind=lambda wildcards: FIGURES[wildcards.figure].kind,
        about=lambda wildcards: FIGURES[wildcards.figure].about,
        config=settings(CONFIG),
        code=lambda wildcards: code_digest(
            "workflow_scripts/figure.py",
            f"gaitcore.reporting.figures.{FIGURES[wildcards.figure].kind}",
        ),
    message:
        "Drawing {wildcards.figure} of {wildcards.experiment}"
    script:
        "../workflow_scripts/figure.py"


rule figures:  # all pictures, as PDF and PNG
    input:
        of_experiment(
            "results/{experiment}/figures/{figure}.{format}",
            figure=FIGURES,
            format=["pdf", "png", "csv", "txt"],
        ),
