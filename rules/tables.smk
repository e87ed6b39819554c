rule tables:
    input:
        of_experiment("results/{experiment}/{model}/seed-{seed}/metrics.json"),
