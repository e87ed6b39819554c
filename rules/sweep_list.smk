# The tries of a sweep and the files that its table is made of.

TRIES = runs_of_sweep(CONFIG)


def sweep_paths(file):
    """A file of every run of the sweep."""
    return [f"{RESULTS}/sweep/{name}/seed-{seed}/{file}" for name, seed in TRIES]


def sweep_table(_):
    """The table of the sweep; a sentence where the experiment has none."""
    if CONFIG.sweep is None:
        sys.exit(
            f"sweep: {CONFIG.experiment} has no sweep; the section sweep says what is tried, as in "
            "experiments/demo_sweep.yaml."
        )
    return experiment_paths("results/{experiment}/sweep/sweep.csv")
