# From poses to the paper's tables. What is computed: config.yaml and experiments/; how it is run: profiles/.
#   snakemake --cores 8 tables
#   snakemake --cores 8 tables --config experiment=casia_b
from snakemake.utils import min_version

min_version("9.0")


include: "rules/common.smk"


rule tables:  # both tables and a page that says what came out
    default_target: True
    input:
        of_experiment("results/{experiment}/tables/table1.tex"),
        of_experiment("results/{experiment}/tables/table2.tex"),
        of_experiment("results/{experiment}/tables/summary.md"),


rule tables_pdf:  # both tables in one PDF; needs LaTeX
    input:
        of_experiment("results/{experiment}/tables/tables.pdf"),


rule figures:  # accuracy against each option that figures.against names
    input:
        of_experiment(
            "results/{experiment}/figures/against_{option}.{format}",
            option=CONFIG.figures.against,
            format=["pdf", "png", "csv"],
        ),


rule poses:  # poses.parquet alone
    input:
        of_experiment("results/{experiment}/poses.parquet"),


include: "rules/poses.smk"
include: "rules/splits.smk"
include: "rules/train.smk"
include: "rules/evaluate.smk"
include: "rules/verify.smk"
include: "rules/tables.smk"
include: "rules/figures.smk"
