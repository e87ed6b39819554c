# One training run per system and seed.


rule train:
    """the weights of a system and seed"""
    input:
        table=frame_table,
        others=other_tables,
        split=system_split,
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
    threads: 2
    resources:
        mem_mb=12000,
        runtime=1440,
        checkpoint_minutes=10,
    params:
        # Not an output, since Snakemake deletes the outputs of a failed job and a run resumes from these files.
        checkpoints="results/{experiment}/checkpoints/{system}/seed-{seed}",
        configuration=run_configuration,
        network=lambda wildcards: settings(
            system_settings(CONFIG, wildcards.system).network
        ),
        input_settings=lambda wildcards: settings(
            system_settings(CONFIG, wildcards.system).input
        ),
        training=lambda wildcards: settings(
            system_settings(CONFIG, wildcards.system).training
        ),
        validation=validation_settings,
        code=training_code,
        extensions=lambda wildcards: outside_code(
            *network_files(wildcards), loss_file(wildcards), protocol_file()
        ),
    message:
        "Training {wildcards.system}, seed {wildcards.seed}, on {wildcards.experiment}"
    script:
        "../workflow_scripts/train.py"
