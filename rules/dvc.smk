# The settings and code digests on which each stage of dvc.yaml depends beside its files.
from gaitcore_workflow.stages import own_stages


rule write_settings:
    """the settings that DVC compares"""
    input:
        dvc="dvc.yaml",
    output:
        "results/{experiment}/settings.json",
    log:
        "results/{experiment}/logs/settings.log",
    threads: 1
    resources:
        mem_mb=500,
        runtime=10,
    params:
        by_stage=settings_by_stage(),
        systems=CONFIG.compare,
        seeds=CONFIG.seeds,
        stages=[
            *(["silhouettes"] if silhouettes_settings() else []),
            *own_stages(CONFIG),
        ],
    message:
        "Writing the settings of each DVC stage of {wildcards.experiment}"
    script:
        "../workflow_scripts/settings.py"
