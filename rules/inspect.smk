# What each trained network looks at: the numbers of the paper's Fig. 3 and Fig. 4.
from gaitcore.networks import has_map

# Not PoseGait: its maps are over frames and features.
MAPPED = [
    model for model in CONFIG.models if has_map(CONFIG.system(model).network.name)
]


rule inspect_run:
    input:
        poses="results/{experiment}/poses.parquet",
        split="results/{experiment}/split.csv",
        weights="results/{experiment}/{model}/seed-{seed}/weights.safetensors",
    output:
        spectrum="results/{experiment}/inspection/{model}/seed-{seed}/spectrum.safetensors",
        maps="results/{experiment}/inspection/{model}/seed-{seed}/maps.safetensors",
        probes="results/{experiment}/inspection/{model}/seed-{seed}/probes.csv",
    log:
        "results/{experiment}/logs/{model}/seed-{seed}/inspect.log",
    benchmark:
        "results/{experiment}/benchmarks/{model}/seed-{seed}/inspect.tsv"
    threads: 2
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        network=lambda wildcards: settings(CONFIG.system(wildcards.model).network),
        given=lambda wildcards: settings(CONFIG.system(wildcards.model).input),
        distance=lambda wildcards: CONFIG.system(wildcards.model).evaluation.distance,
        attribution=CONFIG.figures.attribution,
        shown=CONFIG.figures.probe or next(iter(CONFIG.protocol.probes)),
        code=lambda wildcards: code_digest(
            "workflow_scripts/inspect_run.py", network_module(wildcards)
        ),
    message:
        "Looking at {wildcards.model}, seed {wildcards.seed}, on {wildcards.experiment}"
    script:
        "../workflow_scripts/inspect_run.py"
