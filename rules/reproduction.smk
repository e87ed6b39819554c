# Published against measured, protocol differences, excluded sequences, run times.
from gaitcore.settings.files import paper_config


rule write_reproduction:
    """published against measured"""
    input:
        summary="results/{experiment}/summary.csv",
        splits=[split_path(name) for name in CONFIG.data.modality],
        poses_report=report_of_listing(),
        runs=experiment_paths("results/{experiment}/{system}/{run}/run.json"),
        published=[
            library_file("reporting/tables/published_numbers/table2.csv"),
            library_file("reporting/tables/published_numbers/later.csv"),
        ],
    output:
        markdown="results/{experiment}/reproduction.md",
        html=report(
            "results/{experiment}/reproduction.html",
            caption="../report/reproduction.rst",
            category="Reproduction",
            labels={"page": "Published against measured, and the checklist"},
        ),
    log:
        "results/{experiment}/logs/reproduction.log",
    benchmark:
        "results/{experiment}/benchmarks/reproduction.tsv"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        # One param for each section, so that Snakemake reports which one changed.
        **declared_settings("reporting.pages.write_reproduction"),
        paper=declared_settings(
            "reporting.pages.write_reproduction",
            paper_config(source_file("config.yaml")),
        ),
        code=code_digest("workflow_scripts/reproduction.py"),
    message:
        "Writing the reproduction report of {wildcards.experiment}"
    script:
        "../workflow_scripts/reproduction.py"
