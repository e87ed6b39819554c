# Who trains, who is gallery, who is probe, and who is left out and why.


rule splits:
    input:
        poses="results/{experiment}/poses.parquet",
    output:
        split=report(
            "results/{experiment}/split.csv",
            caption="../report/split.rst",
            category="Data",
            labels={"file": "The role of each sequence"},
        ),
    log:
        "results/{experiment}/logs/splits.log",
    benchmark:
        "results/{experiment}/benchmarks/splits.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        protocol=settings(CONFIG.protocol),
        code=code_digest("workflow_scripts/splits.py"),
    message:
        "Assigning roles: split {params.protocol[split]} of {wildcards.experiment}"
    script:
        "../workflow_scripts/splits.py"
