"""How the workflow is run: its locks, handlers, screen and benchmarks, and its stages of DVC."""
