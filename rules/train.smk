# One training run per system and seed.


def validation_settings(wildcards):
    """How the epoch is chosen, where one is: then a run depends on evaluation too, and otherwise not."""
    system = CONFIG.system(wildcards.model)
    return settings(system.evaluation) if system.training.select == "best_validation" else None


def training_code(wildcards):
    """Digest of a run's code: the training's, the system's own file, and what validates it if anything does."""
    validation = ["gaitcore.selection"] if validation_settings(wildcards) else []
    return code_digest("workflow_scripts/train.py", model_module(wildcards.model), *validation)


rule train:
    input:
        poses="results/{experiment}/poses.parquet",
        split="results/{experiment}/split.csv",
    output:
        weights="results/{experiment}/{model}/seed-{seed}/weights.safetensors",
        history="results/{experiment}/{model}/seed-{seed}/training.csv",
        run="results/{experiment}/{model}/seed-{seed}/run.json",
    log:
        "results/{experiment}/logs/{model}/seed-{seed}/train.log",
    benchmark:
        "results/{experiment}/benchmarks/{model}/seed-{seed}/train.tsv"
    threads: 2
    resources:
        mem_mb=12000,
        runtime=1440,
    params:
        network=lambda wildcards: settings(CONFIG.system(wildcards.model).network),
        training=lambda wildcards: settings(CONFIG.system(wildcards.model).training),
        validation=validation_settings,
        code=training_code,
    message:
        "Training {wildcards.model}, seed {wildcards.seed}, on {wildcards.experiment}"
    script:
        "../workflow_scripts/train.py"
