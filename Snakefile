# From poses to the paper's tables. config.yaml and experiments/ define what is computed, profiles/ how it is run.
#   snakemake --cores 8 tables
#   snakemake --cores 8 tables --config experiment=casia_b
from snakemake.utils import min_version

min_version("9.0")


include: "rules/common.smk"
include: "rules/records.smk"


report: "report/workflow.rst"  # snakemake --report files.html


rule tables:  # both tables, a summary page, the reproduction report and the manifest
    default_target: True
    input:
        experiment_paths("results/{experiment}/tables/table1.tex"),
        experiment_paths("results/{experiment}/tables/table2.tex"),
        experiment_paths("results/{experiment}/tables/summary.md"),
        experiment_paths("results/{experiment}/reproduction.md"),
        experiment_paths("results/{experiment}/manifest.json"),


rule tables_pdf:  # both tables and all figures in one PDF; needs LaTeX
    input:
        experiment_paths("results/{experiment}/tables/tables.pdf"),


rule manifest:  # the digests of all artefacts alone
    input:
        experiment_paths("results/{experiment}/manifest.json"),


rule poses:  # poses.parquet alone
    input:
        experiment_paths("results/{experiment}/poses.parquet"),


include: "rules/poses.smk"
include: "rules/splits.smk"
include: "rules/train.smk"
include: "rules/evaluate.smk"
include: "rules/verify.smk"
include: "rules/tables.smk"
include: "rules/inspect.smk"
include: "rules/figure_list.smk"
include: "rules/figures.smk"
include: "rules/document.smk"
include: "rules/movie.smk"
include: "rules/reproduction.smk"
include: "rules/report.smk"
include: "rules/manifest.smk"
include: "rules/dvc.smk"
