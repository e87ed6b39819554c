"""Settings of the test processes, and the order in which files of tests are run."""

import os

# Threads that wait sleep, as in the workflow's own jobs: a busy neighbour would make every step many times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def pytest_collection_modifyitems(items):
    """Whole workflows first: files that take long are not left to one process at the end of a parallel run."""
    items.sort(key=lambda item: item.get_closest_marker("workflow") is None)
