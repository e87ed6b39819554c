# Settings tried on the validation subjects: each try is trained as any system, and the test subjects take no part.


use rule train as train_try with:
    output:
        weights="results/{experiment}/sweep/{system}/seed-{seed}/weights.safetensors",
        history="results/{experiment}/sweep/{system}/seed-{seed}/training.csv",
        run="results/{experiment}/sweep/{system}/seed-{seed}/run.json",
    log:
        "results/{experiment}/logs/sweep/{system}/seed-{seed}/train.log",
    benchmark:
        "results/{experiment}/benchmarks/sweep/{system}/seed-{seed}/train.tsv"
    wildcard_constraints:
        system=one_of(dict(TRIES)),
    params:
        checkpoints="results/{experiment}/checkpoints/sweep/{system}/seed-{seed}",
        record_divergence=True,
    message:
        "Training {wildcards.system} of the sweep, seed {wildcards.seed}, on {wildcards.experiment}"


rule validate_try:
    """accuracies of a try on the validation subjects"""
    input:
        table=frame_table,
        others=other_tables,
        split=system_split,
        partition=partition_files(),
        weights="results/{experiment}/sweep/{system}/seed-{seed}/weights.safetensors",
        run="results/{experiment}/sweep/{system}/seed-{seed}/run.json",
    output:
        metrics="results/{experiment}/sweep/{system}/seed-{seed}/metrics.json",
        subjects="results/{experiment}/sweep/{system}/seed-{seed}/subjects.csv",
    log:
        "results/{experiment}/logs/sweep/{system}/seed-{seed}/validate.log",
    benchmark:
        "results/{experiment}/benchmarks/sweep/{system}/seed-{seed}/validate.tsv"
    wildcard_constraints:
        system=one_of(dict(TRIES)),
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
            wildcards, "workflow_scripts/validate.py", metrics_module()
        ),
        extensions=lambda wildcards: outside_code(
            *network_files(wildcards), protocol_file()
        ),
    message:
        "Validating {wildcards.system} of the sweep, seed {wildcards.seed}, on {wildcards.experiment}"
    script:
        "../workflow_scripts/validate.py"


rule write_sweep:
    """all tries of the sweep as table and figure"""
    input:
        splits=[split_path(name) for name in CONFIG.data.modality],
        partition=partition_files(),
        runs=sweep_paths("run.json"),
        metrics=sweep_paths("metrics.json"),
        subjects=sweep_paths("subjects.csv"),
        style=library_file("reporting/figures/figures.mplstyle"),
    output:
        **{
            suffix: f"results/{{experiment}}/sweep/sweep.{suffix}"
            for suffix in ("csv", "tex", "md", "html", "pdf", "png", "txt")
        },
    log:
        "results/{experiment}/logs/sweep.log",
    benchmark:
        "results/{experiment}/benchmarks/sweep.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        **declared_settings("reporting.write_sweep"),
        code=code_digest("workflow_scripts/sweep.py", protocol_file()),
    message:
        "Writing the tries of the sweep of {wildcards.experiment}"
    script:
        "../workflow_scripts/sweep.py"


rule sweep:
    """settings tried on the validation subjects, all tries in a table; nobody is tested"""
    input:
        sweep_table,
