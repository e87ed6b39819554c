# The configuration in use, and what rules ask of it.
import re
import sys
from pathlib import Path

from gaitcore.config_files import load_config
from gaitcore.errors import GaitError
from gaitcore.models import model_module
from gaitcore.provenance import code_digest, folder_digest


# Without a `configfile:`, Snakemake's own `config` holds what the command line gives and nothing else.
try:
    CONFIG = load_config("config.yaml", config)
except GaitError as error:
    sys.exit(str(error))


wildcard_constraints:
    experiment=re.escape(CONFIG.experiment),
    model="|".join(map(re.escape, CONFIG.models)),
    seed=r"\d+",


def settings(section):
    """A section as plain values, for a rule's params: a change of one of them reruns the rule."""
    return section.model_dump(mode="json")


def of_experiment(pattern, **wildcards):
    """Paths of the experiment in use, over all its models and seeds unless given otherwise."""
    values = {"model": CONFIG.models, "seed": CONFIG.seeds, **wildcards}
    return expand(pattern, experiment=CONFIG.experiment, **values)
