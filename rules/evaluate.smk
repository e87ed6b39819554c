# Embeddings and cross-view accuracy of each run, then statistics over seeds and subjects.


rule evaluate:
    """embeddings and accuracies of a run"""
    input:
        table=frame_table,
        others=other_tables,
        split=system_split,
        partition=partition_files(),
        weights="results/{experiment}/{system}/{run}/weights.safetensors",
    output:
        embeddings="results/{experiment}/{system}/{run}/embeddings.parquet",
        metrics=report(
            "results/{experiment}/{system}/{run}/metrics.json",
            caption="../report/metrics.rst",
            category="Runs",
            labels={"system": "{system}", "run": "{run}", "file": "accuracies"},
        ),
        subjects="results/{experiment}/{system}/{run}/subjects.csv",
    log:
        "results/{experiment}/logs/{system}/{run}/evaluate.log",
    benchmark:
        "results/{experiment}/benchmarks/{system}/{run}/evaluate.tsv"
    threads: 2
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        network=lambda wildcards: settings(system_of(wildcards).network),
        input_settings=lambda wildcards: settings(system_of(wildcards).input),
        evaluation=lambda wildcards: settings(system_of(wildcards).evaluation),
        protocol=protocol_in_use(),
        code=lambda wildcards: testing_code(
            wildcards, "workflow_scripts/evaluate.py", metrics_module()
        ),
        extensions=lambda wildcards: outside_code(
            *network_files(wildcards), protocol_file()
        ),
    message:
        "Evaluating {wildcards.system}, {wildcards.run}, on {wildcards.experiment}"
    script:
        "../workflow_scripts/evaluate.py"


rule summary:
    """means, intervals and tests over seeds and subjects"""
    input:
        subjects=experiment_paths("results/{experiment}/{system}/{run}/subjects.csv"),
        embeddings=experiment_paths(
            "results/{experiment}/{system}/{run}/embeddings.parquet"
        ),
        splits=splits_of_runs(),
    output:
        summary=report(
            "results/{experiment}/summary.csv",
            caption="../report/summary.rst",
            category="Tables",
            labels={"table": "All means, intervals and tests"},
        ),
        rank1="results/{experiment}/rank1.json",
    log:
        "results/{experiment}/logs/summary.log",
    benchmark:
        "results/{experiment}/benchmarks/summary.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        runs=runs_of(CONFIG),
        statistics=settings(CONFIG.statistics),
        evaluations={
            system: settings(system_settings(CONFIG, system).evaluation)
            for system in CONFIG.compare
        },
        protocol=protocol_in_use(),
        code=code_digest("workflow_scripts/summary.py", protocol_file()),
    message:
        "Computing statistics of {wildcards.experiment} over seeds and subjects"
    script:
        "../workflow_scripts/summary.py"
