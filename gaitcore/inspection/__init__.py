"""Spectrum and attribution of trained networks: the numbers behind the paper's Figs. 3 and 4, run by run."""
