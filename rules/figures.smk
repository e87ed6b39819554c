# The figures of an experiment, each with its numbers and a caption.


rule draw_figure:
    """one picture, with its numbers and its caption"""
    input:
        unpack(lambda wildcards: FIGURES[wildcards.figure].files),
        style=library_file("reporting/figures/figures.mplstyle"),
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
        sections=lambda wildcards: declared_settings(
            f"reporting.figures.{FIGURES[wildcards.figure].kind}"
        ),
        kind=lambda wildcards: FIGURES[wildcards.figure].kind,
        arguments=lambda wildcards: FIGURES[wildcards.figure].arguments,
        code=lambda wildcards: code_digest(
            "workflow_scripts/figure.py",
            f"gaitcore.reporting.figures.{FIGURES[wildcards.figure].kind}",
            *FIGURES[wildcards.figure].code,
        ),
    message:
        "Drawing {wildcards.figure} of {wildcards.experiment}"
    script:
        "../workflow_scripts/figure.py"


rule figures:
    """all pictures, as PDF and PNG"""
    input:
        experiment_paths(
            "results/{experiment}/figures/{figure}.{format}",
            figure=FIGURES,
            format=["pdf", "png", "csv", "txt"],
        ),
