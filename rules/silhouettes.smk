# Silhouettes in whatever form the user has them, drawn round the poses, or cut out of videos -> silhouettes.parquet.

if SILHOUETTES_FROM_VIDEO:

    include: "video_silhouettes.smk"


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
        threads: 2
        resources:
            mem_mb=2000,
            runtime=120,
        params:
            # Not an output, since Snakemake deletes the outputs of a failed job and a job resumes from these files.
            scratch="results/{experiment}/silhouettes/unfinished",
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


if SILHOUETTES_ARE_DRAWN:

    rule draw_silhouettes:
        input:
            poses="results/{experiment}/poses.parquet",
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
            mem_mb=4000,
            runtime=120,
        params:
            dataset=CONFIG.data.dataset,
            bodies=settings(CONFIG.data.silhouettes.bodies or Bodies()),
            code=code_digest("workflow_scripts/draw_silhouettes.py"),
        message:
            "Drawing bodies round the poses of {wildcards.experiment}"
        script:
            "../workflow_scripts/draw_silhouettes.py"
