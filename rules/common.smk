# The configuration in use, and the functions by which rules use it.
import os
import re
import sys
from itertools import chain, product
from pathlib import Path
from types import SimpleNamespace

from snakemake.sourcecache import LocalSourceFile

from gaitcore import digests, extensions
from gaitcore.settings.data import Bodies, Segmenter
from gaitcore.declared import declared
from gaitcore.settings.files import load_config, sequence_to_draw
from gaitcore.settings.layers import COMMAND_LINE
from gaitcore.settings.sections import chosen_settings
from gaitcore.errors import GaitError
from gaitcore import modalities
from gaitcore.networks import has_map, modality
from gaitcore.protocols.partitions import partition_file, pinned
from gaitcore.protocols.sides import compared_names
from gaitcore.sweeps import runs_of_sweep, with_tries
from gaitcore.systems import is_trained, run_name, runs_of, system_settings
from gaitcore.digests import PACKAGE, contents_digest, listing_digest, outside_code
from gaitcore.workflow_command import workflow_command
from gaitcore.yaml_files import read_yaml

# Data, results and the overlays of one's own are relative to the working directory. The workflow's own files are beside
# this one, in a folder or, for a module by github(...), in a repository from which Snakemake copies each file.
RULES = workflow.current_basedir
IS_FOLDER = isinstance(RULES, LocalSourceFile)


def as_inside(path):
    """A path relative to the working directory, if it lies inside: in a clone, results do not depend on its place."""
    path, here = os.path.abspath(path), os.getcwd()
    return os.path.relpath(path) if Path(path).is_relative_to(here) else path


def source_file(path):
    """A file of the workflow, by its path in the repository."""
    file = RULES.join(f"../{path}")
    local = file.get_path_or_uri(secret_free=True)
    return as_inside(local if IS_FOLDER else workflow.sourcecache.get_path(file))


def library_file(path):
    """A file of gaitcore that is no code, by its path in the package."""
    return as_inside(PACKAGE / path)


def bring_overlays(name, brought=()):
    """Copy an overlay from the repository, and those that it extends, unless the working directory has them."""
    path = f"experiments/{name}.yaml"
    if not os.path.exists(path):
        if not workflow.sourcecache.exists(RULES.join(f"../{path}")):
            return
        path = source_file(path)
    extended = read_yaml(path).content.get("extends", [])
    for other in [extended] if isinstance(extended, str) else extended:
        if other not in brought:
            bring_overlays(other, (*brought, name))


def configuration(overrides, source=COMMAND_LINE):
    """The configuration of the experiment that these settings name, from its overlay here or in the workflow."""
    base = source_file("config.yaml")
    if not IS_FOLDER:
        chosen = overrides.get("experiment", read_yaml(base).content["experiment"])
        bring_overlays(chosen)
    return load_config(base, overrides, experiments="experiments", source=source)


def code_digest(*entries):
    """A digest of the code that a job runs; its script is named by its path in the repository."""
    is_script = re.compile("workflow_scripts/").match
    return digests.code_digest(
        *(source_file(entry) if is_script(str(entry)) else entry for entry in entries)
    )


source_file("workflow_scripts/job.py")  # which scripts import from beside them

# In a clone, Snakemake's own `config` holds the values of the command line only; a workflow that uses this one as a
# module passes its own. The sequence of the movie is one of them, but not a setting of an experiment.
try:
    SEQUENCE = sequence_to_draw(config.pop("sequence", None))
    CONFIG = configuration(
        config, " or ".join([*map(str, workflow.configfiles), COMMAND_LINE])
    )
except GaitError as error:
    sys.exit(str(error))
# Each job searches the same folders. They are not a parameter of a rule, so moving them reruns nothing.
config["extensions"] = list(CONFIG.extensions)
# Each training and evaluation writes a record to watch, if it is on. Likewise no parameter of a rule.
config["tracking"] = CONFIG.tracking.model_dump()

LISTING = CONFIG.data.modality[0]  # whose table lists the sequences
FROM_VIDEO = "keypoints" in CONFIG.data.modality and CONFIG.data.format == "video"
POSE_SOURCES = CONFIG.data.path if "keypoints" in CONFIG.data.modality else ()
SILHOUETTE_SOURCES = CONFIG.data.silhouettes.path if CONFIG.data.silhouettes else ()
SILHOUETTE_FORMAT = CONFIG.data.silhouettes.format if CONFIG.data.silhouettes else ""
SILHOUETTES_ARE_DRAWN = SILHOUETTE_FORMAT == "bodies"
SILHOUETTES_FROM_VIDEO = SILHOUETTE_FORMAT == "video"

RESULTS = f"results/{CONFIG.experiment}"

TRAINED = [system for system in CONFIG.compare if is_trained(CONFIG, system)]
IMPORTED = [system for system in CONFIG.compare if system not in TRAINED]
WITH_TRIES = with_tries(CONFIG)  # of the sweep, as systems that are in no comparison

for path in (*POSE_SOURCES, partition_file(CONFIG.protocol)):
    if path and CONFIG.data.walkers is None and not os.path.exists(path):
        sys.exit(f"{path}: no such file or folder. {CONFIG.data.help}")
for path in SILHOUETTE_SOURCES:
    if not os.path.exists(path):
        reader = extensions.declared(
            "silhouette_readers", CONFIG.data.silhouettes.format
        )
        sys.exit(f"{path}: no such folder, expected {reader['EXPECTED']}.")
try:
    CONFIG = CONFIG.model_copy(update={"protocol": pinned(CONFIG.protocol)})
except GaitError as error:
    sys.exit(str(error))


# All rules use the environment of requirements.lock. The image holds it and is used only with --sdm apptainer: make image.
container: "build/gaitcore.sif"


wildcard_constraints:
    experiment=re.escape(CONFIG.experiment),
    system="|".join(map(re.escape, CONFIG.compare)),
    seed=r"\d+",
    run=r"seed-\d+|imported",


def settings(section, only=None, exclude=None):
    """A section as plain values, for a rule's params: a change of one of them reruns the rule."""
    return section.model_dump(mode="json", include=only, exclude=exclude)


def declared_settings(module, config=CONFIG):
    """The settings that a module of gaitcore declares it depends on, by section, for the params of its rule."""
    file = PACKAGE / f"{module.replace('.', '/')}.py"
    return chosen_settings(config, declared(file)["SECTIONS"])


def system_of(wildcards):
    """The settings of a job's system, which may be a try of the sweep."""
    return system_settings(WITH_TRIES, wildcards.system)


def protocol_in_use():
    """The protocol with the split in use alone: every job that uses roles derives them again by it."""
    others = set(CONFIG.protocol.splits) - {CONFIG.protocol.split}
    return settings(CONFIG.protocol, exclude={"splits": others})


def partition_files():
    """The partition file that the protocol names, an input of every job that derives roles; none without one."""
    path = partition_file(CONFIG.protocol)
    return [str(path)] if path else []


def run_configuration(wildcards):
    """The data and the protocol in use, which run.json records beside network and training."""
    frames_of = modality_of(wildcards)
    unused = {"help", "silhouettes", *([] if FROM_VIDEO else ["video"])}
    if frames_of == "silhouettes":
        videos = "format path frame_width frame_height fps video".split()
        used = {"dataset", "silhouettes", *(videos if SILHOUETTES_FROM_VIDEO else [])}
        unused = set(type(CONFIG.data).model_fields) - used
    configuration = settings(
        CONFIG,
        only={"experiment", "data"},
        exclude={"data": unused},
    )
    configuration["data"]["modality"] = [frames_of]
    return {**configuration, "protocol": protocol_in_use()}


def experiment_paths(pattern, system=CONFIG.compare, **wildcards):
    """Paths of the experiment in use, for the runs of all its systems unless wildcards restrict them."""
    values = {"experiment": CONFIG.experiment, "seed": CONFIG.seeds, **wildcards}
    if "{run}" not in pattern:
        return expand(pattern, system=system, **values)
    systems = [system] if isinstance(system, str) else system
    return [
        path
        for name, seed in runs_of(CONFIG, systems)
        for path in expand(pattern, system=name, run=run_name(seed), **values)
    ]


def one_of(names):
    """A pattern for one of these names; none of them matches where there are no names."""
    return "|".join(map(re.escape, names)) or "(?!)"


def folder_contents(_):
    """The digests of folders: Snakemake itself notices added and removed files, but not changed ones."""
    folders = [*POSE_SOURCES, *people_index()]
    return [contents_digest(path) for path in folders if Path(path).is_dir()]


def people_index():
    """The folder of OpenGait's choice of people; none where another rule is in use."""
    return [CONFIG.data.people_index] if CONFIG.data.people == "index" else []


def tree_list(section):
    """The list that names the sequences of a tree; none where their folders do."""
    return [section.tree.list] if section.tree and section.tree.list else []


def silhouette_contents(_):
    """A digest of each folder's listing: reading millions of pictures each time a run is planned would take too long."""
    return [listing_digest(path) for path in SILHOUETTE_SOURCES if Path(path).is_dir()]


def table_of(name):
    """The table of a modality, as the input of a target; a sentence where the experiment has no frames of it."""

    def table(_):
        if name not in CONFIG.data.modality:
            sys.exit(
                f"{CONFIG.experiment} has no {name}: data.modality is {', '.join(CONFIG.data.modality)}."
            )
        return experiment_paths(f"results/{{experiment}}/{modalities.table_name(name)}")

    return table


def table_path(name):
    """The table of a modality, e.g. poses.parquet."""
    return f"results/{{experiment}}/{modalities.table_name(name)}"


def tables_of_frames(_=None):
    """The tables of all modalities of the experiment by name, e.g. poses and silhouettes."""
    tables = {}
    for name in CONFIG.data.modality:
        (path,) = experiment_paths(table_path(name))
        tables[Path(path).stem] = path
    return tables


def split_path(name):
    """The roles of the sequences of a modality: split.csv for the first one."""
    suffix = "" if name == LISTING else f"_{name}"
    return f"results/{{experiment}}/split{suffix}.csv"


def report_of_listing():
    """The report of what was dropped from the frames whose table lists the sequences."""
    table = Path(modalities.table_name(LISTING))
    return f"results/{{experiment}}/{table.stem}_report.csv"


def modality_of(wildcards):
    """The kind of frames that a system's network takes, e.g. keypoints."""
    return modality(system_of(wildcards).network.name)


def mapped_systems(frames_of):
    """The systems whose networks take frames of this modality and end with a map of them."""
    networks = {
        system: system_settings(CONFIG, system).network.name
        for system in CONFIG.compare
    }
    return [system for system, name in networks.items() if has_map(name, frames_of)]


def weights_file(weights, seed):
    """The file of weights that were trained elsewhere: a file by itself, or that of another experiment's run."""
    if weights.path:
        path, remedy = weights.path, ", expected the weights that the overlay names"
    else:
        runs = f"results/{weights.experiment}/{weights.system}"
        path = f"{runs}/seed-{seed}/weights.safetensors"
        remedy = f"; make it with: {workflow_command('runs', weights.experiment)}"
    if not os.path.exists(path):
        sys.exit(f"{path}: no such file{remedy}.")
    beside = Path(path).with_name("run.json")
    return [path, *([str(beside)] if beside.exists() else [])]


def imported_weights(wildcards):
    """The file of a system's weights, and the run.json beside it, if there is one."""
    seed = wildcards.run.removeprefix("seed-")
    return weights_file(system_of(wildcards).weights, seed)


def first_weights(wildcards):
    """The file of weights that a training starts from; none where the seed draws them."""
    start = system_of(wildcards).training.start_from
    return weights_file(start, wildcards.seed) if start else []


def frame_table(wildcards):
    """The table with the frames of a system's modality: poses.parquet for a skeleton network."""
    return table_path(modality_of(wildcards)).format(**vars(wildcards))


def system_split(wildcards):
    """The roles of the sequences of a system's modality."""
    return split_path(modality_of(wildcards)).format(**vars(wildcards))


def splits_of_runs():
    """The roles of the sequences that each run was measured on, in the order of the runs."""
    systems = [SimpleNamespace(system=system) for system, _ in runs_of(CONFIG)]
    return [
        split_path(modality_of(system)).format(experiment=CONFIG.experiment)
        for system in systems
    ]


def other_modalities(wildcards):
    """The modalities beside the system's own that decide which sequences are tested."""
    names = CONFIG.data.modality if CONFIG.protocol.common_tests else ()
    return [name for name in names if name != modality_of(wildcards)]


def other_tables(wildcards):
    """The tables of these modalities."""
    return [
        table_path(name).format(**vars(wildcards))
        for name in other_modalities(wildcards)
    ]


def modality_module(wildcards, part):
    """A module of a system's modality. It is loaded by name, so the code digest must list it explicitly."""
    return modalities.part_module(modality_of(wildcards), part)


def network_file(wildcards):
    """The file of a system's network, for the code digest."""
    return extensions.file("networks", system_of(wildcards).network.name)


def loss_file(wildcards):
    """The file of a system's loss, for the code digest."""
    return extensions.file("losses", system_of(wildcards).training.loss.kind)


def input_files(wildcards):
    """The file of a system's input transform, for the code digest; none where its frames are not keypoints."""
    transform = system_of(wildcards).input.transform
    of_keypoints = modality_of(wildcards) == "keypoints"
    return [extensions.file("inputs", transform)] if of_keypoints else []


def network_files(wildcards):
    """The files of a system's network and of its input, for the code digest."""
    return [network_file(wildcards), *input_files(wildcards)]


def protocol_file():
    """The file of the kind of protocol, for the code digest."""
    return extensions.file("protocols", CONFIG.protocol.kind)


def metrics_module():
    """The module that computes the metrics, for the code digest."""
    metrics = extensions.declared("protocols", CONFIG.protocol.kind)["METRICS"]
    return f"gaitcore.evaluation.{metrics}"


def reader_files():
    """The file of the poses' reader, for the code digest; none where the poses are made from videos."""
    read = POSE_SOURCES and not FROM_VIDEO
    return [extensions.file("readers", CONFIG.data.format)] if read else []


def silhouette_reader_files():
    """The file of the silhouettes' reader, for the code digest."""
    read = [SILHOUETTE_FORMAT] if SILHOUETTE_SOURCES else []
    return [extensions.file("silhouette_readers", name) for name in read]


def extension_code():
    """Every file from outside the repository that the experiment and its sweep use, with its digest."""
    names = dict.fromkeys([*CONFIG.compare, *dict(runs_of_sweep(CONFIG))])
    systems = [SimpleNamespace(system=name) for name in names]
    used = [[*network_files(system), loss_file(system)] for system in systems]
    readers = [*reader_files(), *silhouette_reader_files()]
    return outside_code(*readers, protocol_file(), *set(chain(*used)))


def validation_settings(wildcards):
    """The evaluation settings of a run that chooses its epoch by validation; None for other runs."""
    system = system_of(wildcards)
    return (
        settings(system.evaluation)
        if system.training.select == "best_validation"
        else None
    )


def training_code(wildcards):
    """Digest of a run's code: training, the files of its system and, where it has one, validation."""
    validation = (
        ["gaitcore.evaluation.validation", metrics_module()]
        if validation_settings(wildcards)
        else []
    )
    return code_digest(
        "workflow_scripts/train.py",
        *network_files(wildcards),
        loss_file(wildcards),
        protocol_file(),
        modality_module(wildcards, "table"),
        *(
            modalities.part_module(name, "table")
            for name in other_modalities(wildcards)
        ),
        modality_module(wildcards, "store"),
        modality_module(wildcards, "augmentation"),
        *validation,
    )


def testing_code(wildcards, script, *modules):
    """Digest of the code that runs a trained network on the test sequences."""
    return code_digest(
        script,
        *network_files(wildcards),
        protocol_file(),
        modality_module(wildcards, "store"),
        modality_module(wildcards, "table"),
        *(
            modalities.part_module(name, "table")
            for name in other_modalities(wildcards)
        ),
        *modules,
    )


def submission_files(_):
    """The submission of each run; a sentence where the experiment has no probes of unknown identity."""
    if CONFIG.protocol.submission is None:
        sys.exit(
            f"submission: {CONFIG.experiment} has no probes of unknown identity; protocol.submission says which they are, "
            "as in experiments/grew.yaml."
        )
    return experiment_paths(
        "results/{experiment}/{system}/{run}/submission.{ending}",
        ending=["csv", "zip"],
    )


def movie_file(_):
    """The movie of the sequence that the command line names."""
    if SEQUENCE is None:
        sys.exit(
            "movie: no sequence is given; choose one, e.g. snakemake --cores 1 movie --config sequence=001-nm-01-090 "
            f"(results/{CONFIG.experiment}/split.csv lists them)."
        )
    return experiment_paths(
        "results/{experiment}/movies/{sequence}.gif", sequence=SEQUENCE
    )
