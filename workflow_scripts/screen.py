"""Run Snakemake and show what a person wants to know: what runs, how far, how long still, and where the result is.

    python workflow_scripts/screen.py --cores all tables

takes the arguments of Snakemake, which runs as ever; ``make tables`` is this command. A terminal has one line that
changes at its end, a file has plain lines. All that Snakemake and the jobs say is in .snakemake/log/screen.log.
"""

import sys
from pathlib import Path

from gaitcore_workflow.shown import run_shown

if __name__ == "__main__":
    sys.exit(run_shown(sys.argv[1:], plugins=Path(__file__).resolve().parent))
