# Every artefact with its digest, the rule that made it and its inputs.


rule write_manifest:
    input:
        [origin.artefact for origin in origins()],
        sources=CONFIG.data.path,
    output:
        "results/{experiment}/manifest.json",
    log:
        "results/{experiment}/logs/manifest.log",
    benchmark:
        "results/{experiment}/benchmarks/manifest.tsv"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        origins=[(origin.artefact, origin.rule, origin.inputs) for origin in origins()],
        sources=CONFIG.data.path,
        configuration=settings(CONFIG),
        titles={
            system: system_settings(CONFIG, system).title for system in CONFIG.compare
        },
        extensions=extension_code(),
        code=code_digest("workflow_scripts/manifest.py"),
    message:
        "Listing every artefact of {wildcards.experiment} with its digest"
    script:
        "../workflow_scripts/manifest.py"
