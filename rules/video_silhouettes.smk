# Videos and their poses -> a shard of silhouettes for each subject -> silhouettes.parquet; and strips of the masks.
from gaitcore.modalities.silhouettes.video import segmenters

SEGMENTER = CONFIG.data.silhouettes.segmenter or Segmenter()
SEGMENTER_WEIGHTS = [SEGMENTER.weights] if SEGMENTER.kind == "onnx" else []

try:
    segmenters.check_installed(SEGMENTER)
except GaitError as error:
    sys.exit(str(error))

for path in SEGMENTER_WEIGHTS:
    if not os.path.exists(path):
        sys.exit(f"{path}: no such file; docs/poses.md says where to get weights.")


rule extract_silhouettes:
    """the silhouettes of a subject, from videos"""
    input:
        videos=lambda wildcards: list(VIDEOS.by_subject[wildcards.subject].values()),
        poses="results/{experiment}/poses/{subject}.parquet",
        weights=SEGMENTER_WEIGHTS,
    output:
        silhouettes="results/{experiment}/silhouettes/{subject}.parquet",
        report="results/{experiment}/silhouettes/{subject}.csv",
    log:
        "results/{experiment}/logs/silhouettes/{subject}.log",
    benchmark:
        "results/{experiment}/benchmarks/silhouettes/{subject}.tsv"
    threads: 2
    resources:
        mem_mb=3000,
        runtime=720,
    params:
        # Not an output, since Snakemake deletes the outputs of a failed job and a job resumes from these files.
        scratch="results/{experiment}/silhouettes/unfinished/{subject}",
        videos=lambda wildcards: VIDEOS.by_subject[wildcards.subject],
        segmenter=settings(SEGMENTER),
        code=code_digest(
            "workflow_scripts/extract_silhouettes.py", segmenters.module(SEGMENTER)
        ),
    message:
        "Cutting subject {wildcards.subject} of {wildcards.experiment} out of the videos"
    script:
        "../workflow_scripts/extract_silhouettes.py"


rule merge_silhouettes:
    """silhouettes.parquet, from those of the subjects"""
    input:
        silhouettes=experiment_paths(
            "results/{experiment}/silhouettes/{subject}.parquet",
            subject=VIDEOS.by_subject,
        ),
        reports=experiment_paths(
            "results/{experiment}/silhouettes/{subject}.csv",
            subject=VIDEOS.by_subject,
        ),
    output:
        silhouettes="results/{experiment}/silhouettes.parquet",
        report=report(
            "results/{experiment}/silhouettes_report.csv",
            caption="../report/silhouettes_report.rst",
            category="Data",
            labels={"file": "What was dropped from the silhouettes"},
        ),
    log:
        "results/{experiment}/logs/silhouettes.log",
    benchmark:
        "results/{experiment}/benchmarks/silhouettes.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=code_digest("workflow_scripts/merge_silhouettes.py"),
    message:
        "Merging the silhouettes of all subjects of {wildcards.experiment}"
    script:
        "../workflow_scripts/merge_silhouettes.py"


rule overlay_silhouettes:
    """masks on the frames of a few sequences"""
    input:
        silhouettes="results/{experiment}/silhouettes.parquet",
        poses="results/{experiment}/poses.parquet",
        video=lambda wildcards: VIDEOS.videos[wildcards.sequence],
        weights=SEGMENTER_WEIGHTS,
    output:
        strip="results/{experiment}/overlay/silhouettes/{sequence}.png",
    log:
        "results/{experiment}/logs/overlay/silhouettes/{sequence}.log",
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        segmenter=settings(SEGMENTER),
        code=code_digest(
            "workflow_scripts/overlay_silhouettes.py", segmenters.module(SEGMENTER)
        ),
    message:
        "Drawing the masks of {wildcards.sequence} on its frames"
    script:
        "../workflow_scripts/overlay_silhouettes.py"
