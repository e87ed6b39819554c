# Every file with its digest, the rule that made it and its inputs, from the receipts of the jobs.


rule write_manifest:
    """manifest.json"""
    input:
        artefacts(),
        sources=[*POSE_SOURCES, *SILHOUETTE_SOURCES],
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
        sources=[*POSE_SOURCES, *SILHOUETTE_SOURCES],
        facts=manifest_facts(),
        code=code_digest("workflow_scripts/manifest.py"),
    message:
        "Listing every file of {wildcards.experiment} with its digest"
    script:
        "../workflow_scripts/manifest.py"
