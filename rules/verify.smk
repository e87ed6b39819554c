# Train the first seed of each system again, from nothing and elsewhere, and compare: is a run repeatable?


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
        "Training {wildcards.system}, seed {wildcards.seed}, on {wildcards.experiment} again"


use rule evaluate as evaluate_again with:
    input:
        table=frame_table,
        split="results/{experiment}/split.csv",
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
        "Evaluating {wildcards.system}, seed {wildcards.seed}, on {wildcards.experiment} again"


rule verify:  # no output: it never counts as done
    input:
        first=of_experiment(
            "results/{experiment}/{system}/seed-{seed}/metrics.json",
            seed=CONFIG.seeds[0],
        ),
        first_runs=of_experiment(
            "results/{experiment}/{system}/seed-{seed}/run.json", seed=CONFIG.seeds[0]
        ),
        again=of_experiment(
            "results/{experiment}/verify/{system}/seed-{seed}/metrics.json",
            seed=CONFIG.seeds[0],
        ),
        again_runs=of_experiment(
            "results/{experiment}/verify/{system}/seed-{seed}/{file}",
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
        scratch=lambda wildcards, input: str(Path(input.again[0]).parents[2]),
    message:
        "Comparing the runs with the first ones"
    script:
        "../workflow_scripts/verify.py"
