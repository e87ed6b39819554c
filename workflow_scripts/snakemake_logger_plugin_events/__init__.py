"""A logger of Snakemake that writes each event as one line of JSON, for workflow_scripts/screen.py.

Snakemake finds the package by its name, on PYTHONPATH: ``snakemake --logger events``.
"""

import sys

from snakemake_interface_logger_plugins.base import LogHandlerBase

from gaitcore_workflow.events import event_line

FIELDS = ("jobid", "job_id", "rule_name", "rule_msg", "wildcards", "log", "threads", "cores", "stats", "exception")


class LogHandler(LogHandlerBase):
    """Events and messages to standard error, a line each."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = True  # of its own, which lets everything pass
    has_formatter = True
    needs_rulegraph = False

    def emit(self, record):
        """Write one event, or one message that belongs to none."""
        event = getattr(record, "event", None)
        values = {name: getattr(record, name) for name in FIELDS if getattr(record, name, None) is not None}
        values |= {"event": str(event) if event else "message", "level": record.levelname, "text": record.getMessage()}
        sys.stderr.write(event_line(values))
        sys.stderr.flush()
