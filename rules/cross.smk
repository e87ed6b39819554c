# Accuracies by data set trained on and data set tested on: of this experiment and of those that `cross` names.

CROSSED = {CONFIG.experiment: CONFIG}
try:
    for name in CONFIG.cross:
        CROSSED[name] = load_config("config.yaml", {"experiment": name})
except GaitError as error:
    sys.exit(str(error))
extensions.search(CONFIG.extensions)  # not those of the other experiments


def crossed_files(*patterns):
    """Files of each of these experiments, as the input of a rule; a sentence where another one has not made its own."""

    def files(_):
        found = []
        for name, other in CROSSED.items():
            listing = Path(modalities.table_name(other.data.modality[0])).stem
            for system, seed in runs_of(other):
                values = {"listing": listing, "system": system, "run": run_name(seed)}
                found += [
                    f"results/{name}/{pattern.format(**values)}" for pattern in patterns
                ]
            if name != CONFIG.experiment and not os.path.exists(
                f"results/{name}/summary.csv"
            ):
                sys.exit(
                    f"results/{name}/summary.csv: no such file; make it with: snakemake --cores 2 tables --config "
                    f"experiment={name}."
                )
        return list(dict.fromkeys(found))

    return files


rule write_cross:
    input:
        summaries=crossed_files("summary.csv"),
        splits=crossed_files("split.csv"),
        reports=crossed_files("{listing}_report.csv"),
        runs=crossed_files("{system}/{run}/run.json"),
        style="gaitcore/reporting/figures/figures.mplstyle",
    output:
        **{
            suffix: f"results/{{experiment}}/cross/cross.{suffix}"
            for suffix in ("csv", "tex", "md", "html", "pdf", "png", "txt")
        },
    log:
        "results/{experiment}/logs/cross.log",
    benchmark:
        "results/{experiment}/benchmarks/cross.tsv"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        configurations=[settings(other) for other in CROSSED.values()],
        code=code_digest("workflow_scripts/cross.py"),
    message:
        "Writing accuracies by data set trained on and tested on, of {wildcards.experiment} and others"
    script:
        "../workflow_scripts/cross.py"


rule cross:  # what is trained on one data set, tested on another: a matrix as table and figure
    input:
        crossed_files("summary.csv"),
        experiment_paths("results/{experiment}/cross/cross.csv"),
