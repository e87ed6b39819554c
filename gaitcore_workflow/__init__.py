"""How the workflow is run: its locks, handlers, kept files and screen, and its stages of DVC.

It knows the files and events of Snakemake and DVC, and imports neither. The rules and their scripts use it; the library
``gaitcore`` does not. Nothing in it changes what a job computes, so it is in no digest of a job's code.
"""
