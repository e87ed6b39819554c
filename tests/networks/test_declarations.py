"""Constants that a network's file declares."""

import subprocess
import sys

from gaitcore.networks.declarations import declared


def test_a_literal_is_read_from_the_networks_file_and_a_missing_one_is_the_default():
    assert declared("gaitmixer", "BATCH_NORM_EPS", None) == 1e-3
    assert declared("gaitmixer", "NO_SUCH_CONSTANT", "keypoints") == "keypoints"


def test_reading_a_declaration_does_not_import_torch():
    code = (
        "import sys; from gaitcore.networks.declarations import declared; "
        "print(declared('gaitmixer', 'PAPER_TEXT', {})['dropout'], 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "not said False\n"
