# From poses to the paper's tables. What is run: config.yaml and experiments/; how: profiles/.
#   snakemake --cores 8 tables
#   snakemake --cores 8 tables --config experiment=casia_b
from snakemake.utils import min_version

min_version("9.0")


include: "rules/common.smk"
include: "rules/poses.smk"
include: "rules/splits.smk"
include: "rules/train.smk"
include: "rules/evaluate.smk"
include: "rules/tables.smk"
