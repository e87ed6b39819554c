"""Write dvc.yaml for the experiment that config.yaml names: make stages."""

import sys

from gaitcore.errors import GaitError
from gaitcore_workflow.stages import write_stages

if __name__ == "__main__":
    try:
        write_stages("config.yaml", "dvc.yaml")
    except GaitError as error:
        sys.exit(str(error))
