# Accuracies by data set trained on and data set tested on: of this experiment and of those that `cross` names.


rule write_cross:
    """accuracies by data set trained on and tested on"""
    input:
        summaries=crossed_files("summary.csv"),
        splits=crossed_files("split.csv"),
        reports=crossed_files("{listing}_report.csv"),
        runs=crossed_files("{system}/{run}/run.json"),
        style=library_file("reporting/figures/figures.mplstyle"),
    output:
        **{
            suffix: f"results/{{experiment}}/cross/cross.{suffix}"
            for suffix in ("csv", "tex", "md", "html", "pdf", "png", "txt")
        },
    log:
        "results/{experiment}/logs/cross.log",
    benchmark:
        "results/{experiment}/benchmarks/cross.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        configurations=[
            declared_settings("reporting.write_cross", other)
            for other in CROSSED.values()
        ],
        code=code_digest("workflow_scripts/cross.py"),
    message:
        "Writing accuracies by data set trained on and tested on, of {wildcards.experiment} and others"
    script:
        "../workflow_scripts/cross.py"


rule cross:
    """what is trained on one data set, tested on another: a matrix as table and figure"""
    input:
        crossed_files("summary.csv"),
        experiment_paths("results/{experiment}/cross/cross.csv"),
