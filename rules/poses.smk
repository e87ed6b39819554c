# Poses in any supported format, or estimated from videos -> poses.parquet.


if POSE_SOURCES and CONFIG.data.walkers is not None:

    rule walkers:
        output:
            poses=CONFIG.data.path[0],
        log:
            f"results/{CONFIG.experiment}/logs/walkers.log",
        benchmark:
            f"results/{CONFIG.experiment}/benchmarks/walkers.tsv"
        threads: 1
        resources:
            mem_mb=1000,
            runtime=10,
        params:
            settings=settings(CONFIG.data.walkers),
            code=code_digest("workflow_scripts/walkers.py"),
        message:
            "Generating synthetic walkers"
        script:
            "../workflow_scripts/walkers.py"


if FROM_VIDEO:

    include: "video.smk"

elif POSE_SOURCES:

    rule read_poses:
        input:
            CONFIG.data.path,
            *tree_list(CONFIG.data),
            *people_index(),
        output:
            poses="results/{experiment}/poses.parquet",
            report=report(
                "results/{experiment}/poses_report.csv",
                caption="../report/poses_report.rst",
                category="Data",
                labels={"file": "What was dropped from the poses"},
            ),
        log:
            "results/{experiment}/logs/poses.log",
        benchmark:
            "results/{experiment}/benchmarks/poses.tsv"
        threads: 2
        resources:
            mem_mb=4000,
            runtime=30,
        params:
            data=settings(
                CONFIG.data,
                exclude={"help", "walkers", "video", "silhouettes", "modality"},
            ),
            contents=folder_contents,
            code=code_digest("workflow_scripts/poses.py", *reader_files()),
        message:
            "Reading the poses of {wildcards.experiment}"
        script:
            "../workflow_scripts/poses.py"
