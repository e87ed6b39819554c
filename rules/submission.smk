# The file that a challenge's server scores, for probes of unknown identity.


rule write_submission:
    """the file for GREW's server"""
    input:
        embeddings="results/{experiment}/{system}/{run}/embeddings.parquet",
        split=system_split,
    output:
        table="results/{experiment}/{system}/{run}/submission.csv",
        archive="results/{experiment}/{system}/{run}/submission.zip",
    log:
        "results/{experiment}/logs/{system}/{run}/submission.log",
    benchmark:
        "results/{experiment}/benchmarks/{system}/{run}/submission.tsv"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        evaluation=lambda wildcards: settings(system_of(wildcards).evaluation),
        submission=(
            settings(CONFIG.protocol.submission)
            if CONFIG.protocol.submission
            else None
        ),
        code=code_digest("workflow_scripts/submission.py"),
    message:
        "Writing the submission of {wildcards.system}, {wildcards.run}, on {wildcards.experiment}"
    script:
        "../workflow_scripts/submission.py"


rule submission:
    """submission.csv and submission.zip of each run, for data with probes of unknown identity"""
    input:
        submission_files,
