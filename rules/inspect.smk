# Spectrum and attribution of each trained network: the numbers of the paper's Fig. 3 and Fig. 4; where the networks of
# silhouettes look.

# PoseGait has no such map: its maps are over frames and features.
MAPPED = mapped_systems("keypoints")
MAPPED_SILHOUETTES = mapped_systems("silhouettes")


rule inspect_run:
    """spectra and attribution of a run"""
    input:
        table=frame_table,
        others=other_tables,
        split=system_split,
        partition=partition_files(),
        weights="results/{experiment}/{system}/{run}/weights.safetensors",
    output:
        spectrum="results/{experiment}/inspection/{system}/{run}/spectrum.safetensors",
        maps="results/{experiment}/inspection/{system}/{run}/maps.safetensors",
        probes="results/{experiment}/inspection/{system}/{run}/probes.csv",
    log:
        "results/{experiment}/logs/{system}/{run}/inspect.log",
    benchmark:
        "results/{experiment}/benchmarks/{system}/{run}/inspect.tsv"
    threads: 2
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        network=lambda wildcards: settings(system_of(wildcards).network),
        input_settings=lambda wildcards: settings(system_of(wildcards).input),
        distance=lambda wildcards: system_settings(
            CONFIG, wildcards.system
        ).evaluation.distance,
        protocol=protocol_in_use(),
        attribution=CONFIG.figures.attribution,
        example_probe=CONFIG.figures.probe or compared_names(CONFIG.protocol)[0],
        code=lambda wildcards: testing_code(
            wildcards, "workflow_scripts/inspect_run.py"
        ),
    message:
        "Computing spectra and attribution of {wildcards.system}, {wildcards.run}, on {wildcards.experiment}"
    script:
        "../workflow_scripts/inspect_run.py"


rule inspect_silhouettes:
    """attribution of a run on silhouettes"""
    input:
        table=frame_table,
        others=other_tables,
        split=system_split,
        partition=partition_files(),
        weights="results/{experiment}/{system}/{run}/weights.safetensors",
    output:
        maps="results/{experiment}/inspection/{system}/{run}/silhouette_maps.safetensors",
    log:
        "results/{experiment}/logs/{system}/{run}/inspect_silhouettes.log",
    benchmark:
        "results/{experiment}/benchmarks/{system}/{run}/inspect_silhouettes.tsv"
    threads: 2
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        network=lambda wildcards: settings(system_of(wildcards).network),
        input_settings=lambda wildcards: settings(system_of(wildcards).input),
        evaluation=lambda wildcards: settings(system_of(wildcards).evaluation),
        protocol=protocol_in_use(),
        attribution=CONFIG.figures.attribution,
        example_probe=CONFIG.figures.probe or compared_names(CONFIG.protocol)[0],
        code=lambda wildcards: testing_code(
            wildcards, "workflow_scripts/inspect_silhouettes.py"
        ),
    message:
        "Computing attribution of {wildcards.system}, {wildcards.run}, on {wildcards.experiment}"
    script:
        "../workflow_scripts/inspect_silhouettes.py"
