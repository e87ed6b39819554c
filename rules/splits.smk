# The role of each sequence: train, gallery, probe, or excluded with a reason.


rule splits:
    input:
        tables=[table_path(name) for name in CONFIG.data.modality],
        partition=partition_files(),
    output:
        splits=report(
            [split_path(name) for name in CONFIG.data.modality],
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
        protocol=protocol_in_use(),
        modalities=list(CONFIG.data.modality),
        code=code_digest(
            "workflow_scripts/splits.py",
            *(modalities.part_module(name, "table") for name in CONFIG.data.modality),
            protocol_file(),
        ),
    message:
        "Assigning roles: split {params.protocol[split]} of {wildcards.experiment}"
    script:
        "../workflow_scripts/splits.py"
