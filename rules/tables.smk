# The paper's tables from the summary.


rule write_tables:
    """the paper's tables and their summary page"""
    input:
        summary="results/{experiment}/summary.csv",
        splits=[split_path(name) for name in CONFIG.data.modality],
        poses_report=report_of_listing(),
        runs=experiment_paths("results/{experiment}/{system}/{run}/run.json"),
        published=[
            library_file("reporting/tables/published_numbers/table1.csv"),
            library_file("reporting/tables/published_numbers/table2.csv"),
            library_file("reporting/tables/published_numbers/later.csv"),
            library_file("reporting/tables/published_numbers/other_sets.csv"),
        ],
    output:
        expand(
            "results/{{experiment}}/tables/{table}.{format}",
            table=["table1", "table2"],
            format=["tex", "csv", "md"],
        ),
        "results/{experiment}/tables/summary.md",
        table1=report(
            "results/{experiment}/tables/table1.html",
            caption="../report/table1.rst",
            category="Tables",
            labels={"table": "Table 1: per probe view, or all metrics"},
        ),
        table2=report(
            "results/{experiment}/tables/table2.html",
            caption="../report/table2.rst",
            category="Tables",
            labels={"table": "Table 2: per condition"},
        ),
    log:
        "results/{experiment}/logs/tables.log",
    benchmark:
        "results/{experiment}/benchmarks/tables.tsv"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        # One param for each section, so that Snakemake reports which one changed.
        **declared_settings("reporting.tables.write_tables"),
        code=code_digest("workflow_scripts/tables.py", protocol_file()),
    message:
        "Writing the tables of {wildcards.experiment}"
    script:
        "../workflow_scripts/tables.py"
