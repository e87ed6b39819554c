# Videos -> a shard of poses for each subject -> poses.parquet; and overlays of the poses on the frames.
from gaitcore.keys import KEY_PATTERN, NAME_PATTERN
from gaitcore.modalities.keypoints.video.estimators import check_installed, modules
from gaitcore.modalities.keypoints.video.listing import find_videos
from gaitcore.settings.data import Tracking

VIDEO = CONFIG.data.video
WEIGHTS = [
    *([VIDEO.weights] if VIDEO.estimator != "mediapipe" else []),
    *([VIDEO.detector.weights] if VIDEO.detector.kind != "mediapipe" else []),
]

try:
    check_installed(VIDEO)
    VIDEOS = find_videos(CONFIG.data.path, VIDEO.list, VIDEO.list_outside)
except GaitError as error:
    sys.exit(str(error))

for path in WEIGHTS:
    if not os.path.exists(path):
        sys.exit(f"{path}: no such file; docs/poses.md says where to get weights.")


wildcard_constraints:
    subject=KEY_PATTERN,
    sequence=NAME_PATTERN,


rule extract_poses:
    """the poses of a subject, from videos"""
    input:
        videos=lambda wildcards: list(VIDEOS.by_subject[wildcards.subject].values()),
        weights=WEIGHTS,
    output:
        poses="results/{experiment}/poses/{subject}.parquet",
        report="results/{experiment}/poses/{subject}.csv",
    log:
        "results/{experiment}/logs/poses/{subject}.log",
    benchmark:
        "results/{experiment}/benchmarks/poses/{subject}.tsv"
    threads: 2
    resources:
        mem_mb=3000,
        runtime=720,
    params:
        # Not an output, since Snakemake deletes the outputs of a failed job and a job resumes from these files.
        scratch="results/{experiment}/poses/unfinished/{subject}",
        videos=lambda wildcards: VIDEOS.by_subject[wildcards.subject],
        camera=settings(
            CONFIG.data, only={"dataset", "frame_width", "frame_height", "fps"}
        ),
        video=settings(VIDEO, exclude={"list", "list_outside"}),
        tracking=settings(CONFIG.data.tracking or Tracking()),
        code=code_digest("workflow_scripts/extract_poses.py", *modules(VIDEO)),
    message:
        "Estimating the poses of subject {wildcards.subject} of {wildcards.experiment}"
    script:
        "../workflow_scripts/extract_poses.py"


rule merge_poses:
    """poses.parquet, from those of the subjects"""
    input:
        poses=experiment_paths(
            "results/{experiment}/poses/{subject}.parquet", subject=VIDEOS.by_subject
        ),
        reports=experiment_paths(
            "results/{experiment}/poses/{subject}.csv", subject=VIDEOS.by_subject
        ),
    output:
        poses="results/{experiment}/poses.parquet",
        report=report(
            "results/{experiment}/poses_report.csv",
            caption="../report/poses_report.rst",
            category="Data",
            labels={"file": "What was dropped from the poses"},
        ),
    log:
        "results/{experiment}/logs/poses.log",
    benchmark:
        "results/{experiment}/benchmarks/poses.tsv"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        left_out=[tuple(one) for one in VIDEOS.left_out],
        mixed_sources=CONFIG.data.mixed_pose_sources,
        code=code_digest("workflow_scripts/merge_poses.py"),
    message:
        "Merging the poses of all subjects of {wildcards.experiment}"
    script:
        "../workflow_scripts/merge_poses.py"


rule overlay_poses:
    """skeletons on the frames of a few sequences"""
    input:
        poses="results/{experiment}/poses.parquet",
        video=lambda wildcards: VIDEOS.videos[wildcards.sequence],
    output:
        strip="results/{experiment}/overlay/{sequence}.png",
        video="results/{experiment}/overlay/{sequence}.mp4",
    log:
        "results/{experiment}/logs/overlay/{sequence}.log",
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code_digest("workflow_scripts/overlay.py"),
    message:
        "Drawing the poses of {wildcards.sequence} on its frames"
    script:
        "../workflow_scripts/overlay.py"


rule overlay:
    """skeletons and masks on the frames of a few sequences, to check them before training"""
    input:
        experiment_paths(
            "results/{experiment}/overlay/{sequence}.png",
            sequence=VIDEOS.spread(6),
        ),
        experiment_paths(
            "results/{experiment}/overlay/silhouettes/{sequence}.png",
            sequence=VIDEOS.spread(6) if SILHOUETTES_FROM_VIDEO else [],
        ),
