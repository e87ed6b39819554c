"""Threads that wait sleep, as in the workflow's own jobs: a busy neighbour would make every step many times slower."""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
