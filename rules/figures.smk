# Pictures of an experiment's results, each with the numbers behind it and a caption.
from types import SimpleNamespace


def drawn(kind, about=None, **files):
    """What draws a figure: its module in gaitcore/reporting/figures, what it is about, and the files it reads."""
    return SimpleNamespace(kind=kind, about=about or {}, files=files)


# name -> how it is drawn, in the order of the report
FIGURES = {
    **{
        name: drawn(
            name,
            spectra=of_experiment(
                "results/{experiment}/inspection/{model}/seed-{seed}/spectrum.safetensors",
                model=MAPPED,
            ),
        )
        for name in ("frequency", "frequency_share")
        if MAPPED
    },
    **{
        name: drawn(
            name,
            **{
                of: of_experiment(
                    "results/{experiment}/inspection/{model}/seed-{seed}/{file}",
                    model=MAPPED,
                    file=file,
                )
            },
        )
        for name, of, file in (
            ("attribution", "maps", "maps.safetensors"),
            ("attribution_shares", "probes", "probes.csv"),
        )
        if MAPPED
    },
    "seeds": drawn(
        "seeds",
        metrics=of_experiment("results/{experiment}/{model}/seed-{seed}/metrics.json"),
    ),
    **{
        f"against_{option}": drawn(
            "against",
            {"option": option},
            summary=of_experiment("results/{experiment}/summary.csv"),
        )
        for option in CONFIG.figures.against
    },
    "contact_sheet": drawn(
        "contact_sheet",
        poses=of_experiment("results/{experiment}/poses.parquet"),
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
