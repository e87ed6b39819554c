"""How the script of a rule starts and ends: inputs are checked, messages go to the log, and a receipt is written.

The log file has all messages and the traceback of a failure; the terminal shows the same messages without it. A user's
error is one sentence in both. No input in the results folder is used that is not what its maker wrote, see
``gaitcore.audit.receipts``.
"""

import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tqdm.contrib.logging import logging_redirect_tqdm

from gaitcore import extensions
from gaitcore.audit.receipts import JobPlace, checked_inputs, parameters_digest, write_receipt
from gaitcore.errors import DataError, GaitError
from gaitcore.files import detach, storage_problem
from gaitcore_workflow.kept import restore
from gaitcore_workflow.run_locks import alive

LATENCY = 60  # seconds, as in profiles/slurm

# Waiting threads sleep instead of spinning. This must be set before torch loads OpenMP. On an idle machine it costs a
# few per cent; beside one busy process on two cores, a forward and backward pass took 0.6 s with it and 3.6 s without.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def configuration(snakemake):
    """The settings that a job depends on, from the params of its rule, which has one for each section."""
    from gaitcore.settings.experiment import Config
    from gaitcore.settings.sections import sections_of

    params = dict(snakemake.params.items())
    return sections_of({name: params[name] for name in Config.model_fields if name in params})


def frame_tables(snakemake):
    """Modality -> table: that of the system, and those of others where they decide which sequences are tested."""
    from gaitcore.modalities import modality_of

    paths = [Path(path) for path in (snakemake.input.table, *snakemake.input.others)]
    return {modality_of(path): path for path in paths}


def weights_path(files):
    """The file of weights among its files, the first; a run.json may stand beside it. None where there is none."""
    files = [files] if isinstance(files, str) else list(files)
    return Path(files[0]) if files else None


@contextmanager
def job(snakemake) -> Iterator[None]:
    """Run a script's body with inputs checked and logging set up; a failure ends the script with exit status 1."""
    log = logging.getLogger()
    name = " ".join([snakemake.rule, *(str(value) for value in snakemake.wildcards)])
    _log_to_terminal(log, name)
    place = JobPlace.of_log(snakemake.log[0])
    alive(place.folder.name)
    parameters = parameters_digest(dict(snakemake.params.items()))
    inputs, outputs, failure = {}, [], None
    try:
        detach(Path(snakemake.log[0]))
        detach(place.benchmark)
        _log_to_file(log, snakemake.log[0])
        place.receipt.unlink(missing_ok=True)
        inputs = _checked_inputs(place, snakemake)
        if restore(place, snakemake.rule, parameters, inputs):
            print(f"[{name}] inputs, settings and code are those of the last time: its files are kept", file=sys.stderr)
            sys.exit()
        extensions.search(snakemake.config["extensions"])
        with logging_redirect_tqdm():
            yield
        log.info("done")
        outputs = list(snakemake.output)
    except Exception as error:
        failure = _reported(error, log, name, snakemake.log[0])
    try:
        logging.shutdown()
        write_receipt(place, snakemake.rule, parameters, inputs, outputs, snakemake.log[0])
    except OSError as error:
        failure = failure or _reported(error, log, name, snakemake.log[0])
    if failure:
        sys.exit(1)


def _checked_inputs(place, snakemake):
    """The digests of the inputs. On a cluster a receipt from another node may arrive late, as any file may."""
    patience = time.monotonic() + (LATENCY if "SLURM_JOB_ID" in os.environ else 0)
    while True:
        try:
            return checked_inputs(place, map(str, snakemake.input))
        except DataError:
            if time.monotonic() > patience:
                raise
            time.sleep(1)


def _log_to_terminal(log, name):
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setFormatter(_Lines(name))
    terminal.addFilter(lambda record: not record.exc_info)
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # no room for the log: the job itself reports it, once
    log.setLevel(logging.INFO)
    log.handlers = [terminal]


class _Lines(logging.Formatter):
    """Lines of a terminal: whose job it is, and whether our own code warns of something."""

    def __init__(self, name):
        super().__init__()
        self._name = name

    def format(self, record):
        """One message."""
        ours = record.levelno == logging.WARNING and record.name != "py.warnings"
        return f"[{self._name}] {'Warning: ' if ours else ''}{record.getMessage()}"


def _log_to_file(log, path):
    file = logging.FileHandler(path, mode="w", encoding="utf-8", delay=True)  # not opened before the first message
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(file)


def _reported(error, log, name, path):
    """Report a failure, and return the message."""
    message = str(error) if isinstance(error, GaitError) else storage_problem(error)
    if message:
        log.error("%s", message)
    else:
        message = f"{type(error).__name__}: {error}; the traceback is in {path}"
        log.error("failed", exc_info=error)
        print(f"[{name}] {message}", file=sys.stderr)
    return message
