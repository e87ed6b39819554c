# Train the first seed of each system again, from nothing and elsewhere, and compare: is a run repeatable?


use rule train as train_again with:
    output:
        weights=temp(
            "results/{experiment}/verify/{model}/seed-{seed}/weights.safetensors"
        ),
        history="results/{experiment}/verify/{model}/seed-{seed}/training.csv",
        run="results/{experiment}/verify/{model}/seed-{seed}/run.json",
    log:
        "results/{experiment}/logs/verify/{model}/seed-{seed}/train.log",
    benchmark:
        "results/{experiment}/benchmarks/verify/{model}/seed-{seed}/train.tsv"
    params:
        checkpoints="results/{experiment}/checkpoints/verify/{model}/seed-{seed}",
    message:
        "Training {wildcards.model}, seed {wildcards.seed}, on {wildcards.experiment} again"


use rule evaluate as evaluate_again with:
    input:
        poses="results/{experiment}/poses.parquet",
        split="results/{experiment}/split.csv",
        weights="results/{experiment}/verify/{model}/seed-{seed}/weights.safetensors",
    output:
        embeddings=temp(
            "results/{experiment}/verify/{model}/seed-{seed}/embeddings.parquet"
        ),
        metrics="results/{experiment}/verify/{model}/seed-{seed}/metrics.json",
        subjects="results/{experiment}/verify/{model}/seed-{seed}/subjects.csv",
    log:
        "results/{experiment}/logs/verify/{model}/seed-{seed}/evaluate.log",
    benchmark:
        "results/{experiment}/benchmarks/verify/{model}/seed-{seed}/evaluate.tsv"
    message:
        "Evaluating {wildcards.model}, seed {wildcards.seed}, on {wildcards.experiment} again"


rule verify:  # no output: it never counts as done
    input:
        first=of_experiment(
            "results/{experiment}/{model}/seed-{seed}/metrics.json",
            seed=CONFIG.seeds[0],
        ),
        first_runs=of_experiment(
            "results/{experiment}/{model}/seed-{seed}/run.json", seed=CONFIG.seeds[0]
        ),
        again=of_experiment(
            "results/{experiment}/verify/{model}/seed-{seed}/metrics.json",
            seed=CONFIG.seeds[0],
        ),
        again_runs=of_experiment(
            "results/{experiment}/verify/{model}/seed-{seed}/{file}",
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
