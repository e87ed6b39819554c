# One page with the results: tables, figures, run times, configuration.


rule write_report:
    """report.html"""
    input:
        summary="results/{experiment}/summary.csv",
        splits=[split_path(name) for name in CONFIG.data.modality],
        poses_report=report_of_listing(),
        runs=experiment_paths("results/{experiment}/{system}/{run}/run.json"),
        published=[
            library_file("reporting/tables/published_numbers/table1.csv"),
            library_file("reporting/tables/published_numbers/table2.csv"),
            library_file("reporting/tables/published_numbers/later.csv"),
        ],
        figures=experiment_paths(
            "results/{experiment}/figures/{figure}.png", figure=FIGURES
        ),
        captions=experiment_paths(
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
        **settings(CONFIG),  # one param for each section, so that Snakemake reports which one changed
        # Benchmarks are not inputs: where one is missing, e.g. after a pull of the results, Snakemake would run its job
        # again, training included. The report shows those that exist.
        timed=list(timed()),
        code=code_digest("workflow_scripts/report.py"),
    message:
        "Writing the report of {wildcards.experiment}"
    script:
        "../workflow_scripts/report.py"


rule report:
    """one page: tables, figures, run times, configuration"""
    input:
        experiment_paths("results/{experiment}/report.html"),
