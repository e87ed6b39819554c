# One page with all of it: what came out, tables, figures, run times, configuration.


rule write_report:
    input:
        summary="results/{experiment}/summary.csv",
        split="results/{experiment}/split.csv",
        runs=of_experiment("results/{experiment}/{system}/seed-{seed}/run.json"),
        published=[
            "gaitcore/reporting/tables/published_numbers/table1.csv",
            "gaitcore/reporting/tables/published_numbers/table2.csv",
        ],
        figures=of_experiment(
            "results/{experiment}/figures/{figure}.png", figure=FIGURES
        ),
        captions=of_experiment(
            "results/{experiment}/figures/{figure}.txt", figure=FIGURES
        ),
        linked=[
            "results/{experiment}/tables/table1.csv",
            "results/{experiment}/tables/table2.csv",
            "results/{experiment}/reproduction.html",
        ],
    output:
        "results/{experiment}/report.html",
    log:
        "results/{experiment}/logs/report.log",
    benchmark:
        "results/{experiment}/benchmarks/report.tsv"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        **settings(CONFIG),  # one by one, so that Snakemake names the section that has changed
        # Not inputs: a benchmark that is not there, as after a pull of the results, would be made by running its job
        # again, training included. Optional: reported if the file exists.
        timed=list(timed()),
        code=code_digest("workflow_scripts/report.py", "workflow_scripts/benchmarks.py"),
    message:
        "Writing the report of {wildcards.experiment}"
    script:
        "../workflow_scripts/report.py"


rule report:  # one page: tables, figures, run times, configuration
    input:
        of_experiment("results/{experiment}/report.html"),
