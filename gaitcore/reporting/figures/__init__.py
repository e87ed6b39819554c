"""The figures of an experiment.

Each kind of figure is a module with a function ``draw(config, ...)``, which makes a ``Drawing`` (see drawing.py) from
files of the experiment: the figure, the numbers in it and a caption with the most important of them.
"""
