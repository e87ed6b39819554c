"""The pictures of an experiment.

One module for each, with a function ``draw(config, ...)`` that makes a ``Drawing`` (see drawing.py) from files its runs
left: the figure, the numbers behind it and a caption that holds the ones that matter.
"""
