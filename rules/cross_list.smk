# The files that a table of accuracies by data set trained on and data set tested on is made of.

CROSSED = {CONFIG.experiment: CONFIG}
try:
    for name in CONFIG.cross:
        CROSSED[name] = configuration({"experiment": name})
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
                    f"results/{name}/summary.csv: no such file; make it with: {workflow_command('tables', name)}"
                )
        return list(dict.fromkeys(found))

    return files
