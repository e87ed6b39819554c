"""The errors that users can cause; each message is a full sentence that says what to do.

A message names the file, the line or key, what was found, what was expected and what to do. Code that catches a
:class:`GaitError` shows only its message, without a traceback.
"""

REMEDY = "delete it and run again"  # for a damaged file of the workflow


class GaitError(Exception):
    """Something outside the program is wrong: a file, a setting or a protocol. The message is for users."""


class ConfigError(GaitError):
    """A setting is unknown, missing or out of range. The message names the key and the file."""


class DataError(GaitError):
    """A data file is missing, damaged or of another format. The message names the file and the line."""


class ProtocolError(GaitError):
    """The sequences and the protocol do not fit together: no gallery, no probe, no training subject."""
