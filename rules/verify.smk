# Train the first seed of each system again from scratch, in another folder, and compare it with the first run.


use rule train as train_again with:
    output:
        weights=temp(
            "results/{experiment}/verify/{system}/seed-{seed}/weights.safetensors"
        ),
        history="results/{experiment}/verify/{system}/seed-{seed}/training.csv",
        run="results/{experiment}/verify/{system}/seed-{seed}/run.json",
    log:
        "results/{experiment}/logs/verify/{system}/seed-{seed}/train.log",
    benchmark:
        "results/{experiment}/benchmarks/verify/{system}/seed-{seed}/train.tsv"
    params:
        checkpoints="results/{experiment}/checkpoints/verify/{system}/seed-{seed}",
    message:
        "Retraining {wildcards.system}, seed {wildcards.seed}, on {wildcards.experiment}"


use rule evaluate as evaluate_again with:
    input:
        table=frame_table,
        others=other_tables,
        split=system_split,
        partition=partition_files(),
        weights="results/{experiment}/verify/{system}/seed-{seed}/weights.safetensors",
    output:
        embeddings=temp(
            "results/{experiment}/verify/{system}/seed-{seed}/embeddings.parquet"
        ),
        metrics="results/{experiment}/verify/{system}/seed-{seed}/metrics.json",
        subjects="results/{experiment}/verify/{system}/seed-{seed}/subjects.csv",
    log:
        "results/{experiment}/logs/verify/{system}/seed-{seed}/evaluate.log",
    benchmark:
        "results/{experiment}/benchmarks/verify/{system}/seed-{seed}/evaluate.tsv"
    message:
        "Evaluating the retrained {wildcards.system}, seed {wildcards.seed}, on {wildcards.experiment}"


rule verify:
    """train a seed of each system again: the same bytes?"""
    input:
        first=experiment_paths(
            "results/{experiment}/{system}/seed-{seed}/metrics.json",
            system=TRAINED,
            seed=CONFIG.seeds[0],
        ),
        first_runs=experiment_paths(
            "results/{experiment}/{system}/seed-{seed}/run.json",
            system=TRAINED,
            seed=CONFIG.seeds[0],
        ),
        again=experiment_paths(
            "results/{experiment}/verify/{system}/seed-{seed}/metrics.json",
            system=TRAINED,
            seed=CONFIG.seeds[0],
        ),
        again_runs=experiment_paths(
            "results/{experiment}/verify/{system}/seed-{seed}/{file}",
            system=TRAINED,
            seed=CONFIG.seeds[0],
            file=["run.json", "weights.safetensors"],
        ),
    log:
        f"results/{CONFIG.experiment}/logs/verify.log",
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        scratch=lambda _: f"{RESULTS}/verify",
    message:
        "Comparing the retrained runs with the first ones"
    script:
        "../workflow_scripts/verify.py"
