# One training run per system and seed.


rule train:
    """the weights of a system and seed"""
    input:
        table=frame_table,
        others=other_tables,
        split=system_split,
        partition=partition_files(),
        start=first_weights,
    output:
        weights="results/{experiment}/{system}/seed-{seed}/weights.safetensors",
        history=report(
            "results/{experiment}/{system}/seed-{seed}/training.csv",
            caption="../report/training.rst",
            category="Runs",
            labels={
                "system": "{system}",
                "seed": "{seed}",
                "file": "training history",
            },
        ),
        run=report(
            "results/{experiment}/{system}/seed-{seed}/run.json",
            caption="../report/run.rst",
            category="Runs",
            labels={"system": "{system}", "seed": "{seed}", "file": "provenance"},
        ),
    log:
        "results/{experiment}/logs/{system}/seed-{seed}/train.log",
    benchmark:
        "results/{experiment}/benchmarks/{system}/seed-{seed}/train.tsv"
    wildcard_constraints:
        system=one_of(TRAINED),
    # Of the trainings that can begin, the longest do so first, so that none runs alone at the end.
    priority: lambda wildcards: system_of(wildcards).training.epochs
    threads: 2
    resources:
        mem_mb=12000,
        runtime=1440,
        checkpoint_minutes=10,
    params:
        # Not an output, since Snakemake deletes the outputs of a failed job and a run resumes from these files.
        checkpoints="results/{experiment}/checkpoints/{system}/seed-{seed}",
        configuration=run_configuration,
        network=lambda wildcards: settings(system_of(wildcards).network),
        input_settings=lambda wildcards: settings(system_of(wildcards).input),
        training=lambda wildcards: settings(system_of(wildcards).training),
        validation=validation_settings,
        code=training_code,
        extensions=lambda wildcards: outside_code(
            *network_files(wildcards), loss_file(wildcards), protocol_file()
        ),
    message:
        "Training {wildcards.system}, seed {wildcards.seed}, on {wildcards.experiment}"
    script:
        "../workflow_scripts/train.py"


rule runs:
    """the weights of the systems that are trained in this experiment, without evaluating them"""
    input:
        experiment_paths(
            "results/{experiment}/{system}/{run}/weights.safetensors", system=TRAINED
        ),


# Weights that were trained elsewhere, in the place of a training.


rule import_weights:
    """weights from elsewhere, as those of a run"""
    input:
        weights=imported_weights,
        table=frame_table,
    output:
        weights="results/{experiment}/{system}/{run}/weights.safetensors",
        run=report(
            "results/{experiment}/{system}/{run}/run.json",
            caption="../report/run.rst",
            category="Runs",
            labels={"system": "{system}", "run": "{run}", "file": "provenance"},
        ),
    log:
        "results/{experiment}/logs/{system}/{run}/import.log",
    benchmark:
        "results/{experiment}/benchmarks/{system}/{run}/import.tsv"
    wildcard_constraints:
        system=one_of(IMPORTED),
    threads: 1
    resources:
        mem_mb=4000,
        runtime=10,
    params:
        weights=lambda wildcards: settings(system_of(wildcards).weights),
        configuration=run_configuration,
        network=lambda wildcards: settings(system_of(wildcards).network),
        input_settings=lambda wildcards: settings(system_of(wildcards).input),
        code=lambda wildcards: testing_code(
            wildcards, "workflow_scripts/import_weights.py"
        ),
        extensions=lambda wildcards: outside_code(*network_files(wildcards)),
    message:
        "Importing the weights of {wildcards.system}, {wildcards.run}, for {wildcards.experiment}"
    script:
        "../workflow_scripts/import_weights.py"
