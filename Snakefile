# From poses to the paper's tables. config.yaml and experiments/ define what is computed, profiles/ how it is run.
#   snakemake --cores 8 tables
#   snakemake --cores 8 tables --config experiment=casia_b
from snakemake.utils import min_version

min_version("9.27")


include: "rules/common.smk"
include: "rules/records.smk"
include: "rules/receipts.smk"


report: "report/workflow.rst"  # snakemake --report files.html


rule tables:
    """both tables, a summary page, the reproduction report, the manifest, and every file behind them"""
    default_target: True
    input:
        lambda _: artefacts(),
        experiment_paths("results/{experiment}/manifest.json"),


rule tables_pdf:
    """both tables and all figures in one PDF; needs LaTeX"""
    input:
        experiment_paths("results/{experiment}/tables/tables.pdf"),


rule manifest:
    """the digests of all artefacts alone"""
    input:
        experiment_paths("results/{experiment}/manifest.json"),


rule poses:
    """poses.parquet alone"""
    input:
        table_of("keypoints"),


rule silhouettes:
    """silhouettes.parquet alone"""
    input:
        table_of("silhouettes"),


include: "rules/poses.smk"
include: "rules/silhouettes.smk"
include: "rules/splits.smk"
include: "rules/train.smk"
include: "rules/evaluate.smk"
include: "rules/submission.smk"
include: "rules/verify.smk"
include: "rules/tables.smk"
include: "rules/inspect.smk"
include: "rules/figure_list.smk"
include: "rules/figures.smk"
include: "rules/document.smk"
include: "rules/movie.smk"
include: "rules/reproduction.smk"
include: "rules/cross_list.smk"
include: "rules/cross.smk"
include: "rules/sweep_list.smk"
include: "rules/sweep.smk"
include: "rules/report.smk"
include: "rules/manifest.smk"
include: "rules/dvc.smk"
