# One page with all of it: what came out, tables, figures, run times, configuration.
TIMED = (
    *("walkers", "extract_poses", "merge_poses", "read_poses", "splits"),
    *("train", "evaluate", "inspect_run", "summary", "write_tables", "draw_figure"),
)


def timed():
    """(rule, system, benchmark files) of each kind of job, a system's own where there is one for each."""
    subjects = VIDEOS.by_subject if FROM_VIDEO else []
    for name in filter(rules.has, TIMED):
        benchmark = str(getattr(rules, name).benchmark)
        for model in CONFIG.models if "{model}" in benchmark else [""]:
            files = of_experiment(
                benchmark, model=[model], subject=subjects, figure=FIGURES
            )
            yield name, model, files


rule write_report:
    input:
        summary="results/{experiment}/summary.csv",
        split="results/{experiment}/split.csv",
        runs=of_experiment("results/{experiment}/{model}/seed-{seed}/run.json"),
        published=[
            "gaitcore/reporting/published/table1.csv",
            "gaitcore/reporting/published/table2.csv",
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
        config=settings(CONFIG),
        # Not inputs: a benchmark that is not there, as after a pull of the results, would be made by running its job
        # again, training included. Each was written before the inputs above, and is told if it is there.
        timed=list(timed()),
        code=code_digest("workflow_scripts/report.py"),
    message:
        "Writing the report of {wildcards.experiment}"
    script:
        "../workflow_scripts/report.py"


rule report:  # one page: tables, figures, run times, configuration
    input:
        of_experiment("results/{experiment}/report.html"),
