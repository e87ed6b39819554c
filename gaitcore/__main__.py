"""``python -m gaitcore``, the same as ``gaitcore``: see gaitcore/commands/."""

import sys

from gaitcore.commands.line import main

if __name__ == "__main__":
    sys.exit(main())
