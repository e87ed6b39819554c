"""Logging and error handling of the scripts of rules.

The log file has all messages and the traceback of a failure; the terminal shows the same messages without it. A user's
error is one sentence in both.
"""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm.contrib.logging import logging_redirect_tqdm

from gaitcore import extensions
from gaitcore.errors import GaitError

# Waiting threads sleep instead of spinning. This must be set before torch loads OpenMP. On an idle machine it costs a
# few per cent; beside one busy process on two cores, a forward and backward pass took 0.6 s with it and 3.6 s without.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def configuration(snakemake):
    """The experiment's configuration, from the params of a rule that has one for each section."""
    from gaitcore.settings.experiment import Config

    sections = (name for name, field in Config.model_fields.items() if not field.exclude)
    return Config.model_validate({name: snakemake.params[name] for name in sections})


def listing_table(snakemake):
    """The table that split.csv was made from, where it is not the rule's own table of frames; else None."""
    return Path(snakemake.input.listing[0]) if snakemake.input.listing else None


@contextmanager
def job(snakemake) -> Iterator[None]:
    """Run a script's body with logging set up; a failure ends the script with exit status 1."""
    log = logging.getLogger()
    log.setLevel(logging.INFO)
    name = " ".join([snakemake.rule, *(str(value) for value in snakemake.wildcards)])
    to_file = logging.FileHandler(snakemake.log[0], mode="w", encoding="utf-8")
    to_file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    to_terminal = logging.StreamHandler(sys.stderr)
    to_terminal.setFormatter(logging.Formatter(f"[{name}] %(message)s"))
    to_terminal.addFilter(lambda record: not record.exc_info)
    logging.captureWarnings(True)
    log.handlers = [to_file, to_terminal]
    try:
        extensions.search(snakemake.config["extensions"])
        with logging_redirect_tqdm():
            yield
        log.info("done")
    except GaitError as error:
        log.error("%s", error)
        sys.exit(1)
    except Exception as error:
        log.exception("failed")
        print(f"[{name}] {type(error).__name__}: {error}; the traceback is in {snakemake.log[0]}", file=sys.stderr)
        sys.exit(1)
