"""The command line: one file for each command; the file's name is the name of the command (``check_manifest.py`` is
``check-manifest``).

A file that declares ``SUMMARY`` is a command. ``SUMMARY`` says in one line what it does and ``EXAMPLE`` shows a call.
``arguments(parser)`` adds its arguments, and ``run(options)`` runs it and returns the exit status: 0 if all is well, 1
after a difference or a user's error, which is a :class:`gaitcore.errors.GaitError`. What takes long to import is
imported by ``run``, so that help and completion are quick.
"""
