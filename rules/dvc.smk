# What each stage of dvc.yaml depends on beside its files: settings, and digests of code.


rule write_settings:
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
    message:
        "Writing down what each stage of {wildcards.experiment} depends on"
    script:
        "../workflow_scripts/settings.py"
