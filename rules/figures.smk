# Pictures of an experiment's results, each with the numbers behind it.


rule accuracy_against:
    input:
        summary="results/{experiment}/summary.csv",
        style="gaitcore/reporting/figures.mplstyle",
    output:
        pdf="results/{experiment}/figures/against_{option}.pdf",
        png=report(
            "results/{experiment}/figures/against_{option}.png",
            caption="../report/figure.rst",
            category="Figures",
            labels={"figure": "Accuracy against {option}"},
        ),
        numbers="results/{experiment}/figures/against_{option}.csv",
    log:
        "results/{experiment}/logs/figures/against_{option}.log",
    benchmark:
        "results/{experiment}/benchmarks/figures/against_{option}.tsv"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        config=settings(CONFIG),
        code=code_digest("workflow_scripts/accuracy_against.py"),
    message:
        "Drawing accuracy against {wildcards.option} of {wildcards.experiment}"
    script:
        "../workflow_scripts/accuracy_against.py"
