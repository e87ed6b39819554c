"""The errors a person can cause, each a full sentence that names the way out.

A message says which file, which line or key, what was found, what was expected and what to do. Whoever
catches a :class:`GaitError` shows its message alone; a traceback would only hide it.
"""


class GaitError(Exception):
    """Something outside the program is wrong: a file, a setting or a protocol. The message is for people."""


class ConfigError(GaitError):
    """A setting is unknown, missing or out of range. The message names the key and the file."""


class DataError(GaitError):
    """A data file is missing, damaged or of another format. The message names the file and the line."""


class ProtocolError(GaitError):
    """The sequences and the protocol do not fit together: no gallery, no probe, nobody to train on."""
