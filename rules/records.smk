# Facts about the rules: the artefacts of the tables, the settings of each stage of dvc.yaml, the jobs with benchmarks.
from types import SimpleNamespace

from gaitcore import __version__

ARTEFACT_RULES = (
    *(["merge_poses" if FROM_VIDEO else "read_poses"] if POSE_SOURCES else []),
    *(["read_silhouettes"] if SILHOUETTE_SOURCES else []),
    *(["draw_silhouettes"] if SILHOUETTES_ARE_DRAWN else []),
    *(["merge_silhouettes"] if SILHOUETTES_FROM_VIDEO else []),
    *("splits", "summary", "write_tables", "write_reproduction"),
)
TIMED = (
    *("walkers", "extract_poses", "merge_poses", "read_poses"),
    *("extract_silhouettes", "merge_silhouettes", "read_silhouettes"),
    *("draw_silhouettes", "splits"),
    *(
        "train",
        "import_weights",
        "evaluate",
        "inspect_run",
        "summary",
        "write_tables",
        "draw_figure",
    ),
)
SYSTEMS_OF = {"train": TRAINED, "import_weights": IMPORTED}
NO_SETTINGS = ("checkpoints", "contents", "scratch", "sources")


def filled(files, wildcards):
    """The paths of a rule's inputs or outputs for these wildcards, from patterns and functions."""
    patterns = (file(wildcards) if callable(file) else file for file in files)
    paths = (
        path
        for file in patterns
        for path in ([file] if isinstance(file, str) else file)
    )
    return tuple(str(path).format(**vars(wildcards)) for path in paths)


def artefacts():
    """Every file behind the tables, and the tables: the outputs of the rules above."""
    made = {}

    def add(name, **wildcards):
        values = SimpleNamespace(experiment=CONFIG.experiment, **wildcards)
        made.update(dict.fromkeys(filled(getattr(rules, name).output, values)))

    for subject in VIDEOS.by_subject if FROM_VIDEO else ():
        add("extract_poses", subject=subject)
        if SILHOUETTES_FROM_VIDEO:
            add("extract_silhouettes", subject=subject)
    for system, seed in runs_of(CONFIG):
        for name in ("train" if system in TRAINED else "import_weights", "evaluate"):
            add(name, system=system, seed=seed, run=run_name(seed))
    for name in ARTEFACT_RULES:
        add(name)
    return list(made)


def rule_settings(proxy, **wildcards):
    """The params of a rule whose change reruns it, for these wildcards."""
    values = SimpleNamespace(experiment=CONFIG.experiment, **wildcards)
    return {
        name: value(values) if callable(value) else value
        for name, value in proxy.params.items()
        if name not in NO_SETTINGS
    }


def poses_settings():
    """The settings of the rule that reads poses or, for videos, of the rules that make them by subject."""
    if not FROM_VIDEO:
        return rule_settings(rules.read_poses) if POSE_SOURCES else {}
    shards = {
        subject: rule_settings(rules.extract_poses, subject=subject)
        for subject in VIDEOS.by_subject
    }
    return {"shards": shards, **rule_settings(rules.merge_poses)}


def silhouettes_settings():
    """The settings of the rule that reads or draws silhouettes; {} where no stage of DVC makes any."""
    made_by = {
        "read_silhouettes": SILHOUETTE_SOURCES,
        "draw_silhouettes": SILHOUETTES_ARE_DRAWN,
    }
    return {
        key: value
        for name, used in made_by.items()
        if used
        for key, value in rule_settings(getattr(rules, name)).items()
    }


def settings_by_stage():
    """Stage of dvc.yaml -> the settings of its rules."""
    by_system = {
        stage: {system: rule_settings(proxy, system=system) for system in systems}
        for stage, proxy, systems in (
            ("train", rules.train, TRAINED),
            ("import_weights", rules.import_weights, IMPORTED),
            ("evaluate", rules.evaluate, CONFIG.compare),
        )
        if systems
    }
    walkers = {"walkers": rule_settings(rules.walkers)} if rules.has("walkers") else {}
    silhouettes = silhouettes_settings()
    return {
        **walkers,
        "poses": poses_settings(),
        **({"silhouettes": silhouettes} if silhouettes else {}),
        "splits": rule_settings(rules.splits),
        **by_system,
        "tables": {
            name: rule_settings(getattr(rules, name))
            for name in (
                *("summary", "write_tables"),
                *("write_reproduction", "write_manifest"),
            )
        },
    }


def timed():
    """(rule, system, benchmark files) of each kind of job; the system is "" for rules without systems."""
    subjects = VIDEOS.by_subject if FROM_VIDEO else []
    for name in filter(rules.has, TIMED):
        benchmark = str(getattr(rules, name).benchmark)
        systems = SYSTEMS_OF.get(name, CONFIG.compare)
        for system in systems if "{system}" in benchmark else [""]:
            files = experiment_paths(
                benchmark, system=[system], subject=subjects, figure=FIGURES
            )
            yield name, system, files


def manifest_facts():
    """What the manifest says of the experiment beside the list of its files."""
    return {
        "experiment": CONFIG.experiment,
        "configuration": settings(CONFIG),
        "titles": {
            system: system_settings(CONFIG, system).title for system in CONFIG.compare
        },
        "extensions": extension_code(),
        "gaitcore": __version__,
    }
