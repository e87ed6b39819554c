# Silhouettes in whatever form the user has them -> silhouettes.parquet.

if SILHOUETTE_SOURCES:

    rule read_silhouettes:
        input:
            SILHOUETTE_SOURCES,
            *tree_list(CONFIG.data.silhouettes),
        output:
            silhouettes="results/{experiment}/silhouettes.parquet",
            report=report(
                "results/{experiment}/silhouettes_report.csv",
                caption="../report/silhouettes_report.rst",
                category="Data",
                labels={"file": "What was dropped from the silhouettes"},
            ),
        log:
            "results/{experiment}/logs/silhouettes.log",
        benchmark:
            "results/{experiment}/benchmarks/silhouettes.tsv"
        threads: 1
        resources:
            mem_mb=2000,
            runtime=120,
        params:
            dataset=CONFIG.data.dataset,
            silhouettes=settings(CONFIG.data.silhouettes),
            contents=silhouette_contents,
            code=code_digest(
                "workflow_scripts/silhouettes.py", *silhouette_reader_files()
            ),
        message:
            "Reading the silhouettes of {wildcards.experiment}"
        script:
            "../workflow_scripts/silhouettes.py"
