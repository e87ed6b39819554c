"""The handlers of this workflow, where it is a module of another one: onstart, onsuccess and onerror.

Snakemake runs the handlers of the main workflow alone. Its documented way is that the main workflow calls those of a
module: ``onstart: gaitcore.onstart()``. But Snakedeploy writes Snakefiles without such lines, and a run without the
handlers has an incomplete manifest. So those that the main Snakefile does not call are added to its own. Snakemake has
no public way to add one; this is the only place that uses private attributes of it.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gaitcore.errors import ConfigError

Handler = Callable[[Any], Any]


def add_handlers(workflow: Any, own: Mapping[str, Callable[[], Any]]) -> None:
    """Add the handlers of a module to those of the main workflow, which run first; those it calls itself are left out.

    Args:
        workflow: Snakemake's.
        own: name (onstart, onsuccess, onerror) -> handler.

    Raises:
        ConfigError: this Snakemake has no such attribute, so the main Snakefile must call the handlers.
    """
    main = Path(workflow.main_snakefile)
    text = main.read_text(encoding="utf-8") if main.is_file() else ""
    for name, handler in own.items():
        if re.search(rf"^[ \t]+[\w.]+\.{name}\(", text, re.MULTILINE):
            continue
        before: Handler | None = getattr(workflow, f"_{name}", None)
        if before is None:
            raise ConfigError(
                f"{main}: this version of Snakemake does not run the handlers of a module; call them there, as in the "
                "section Handlers of config/README.md, or install the versions of requirements.lock."
            )
        setattr(workflow, f"_{name}", _one_after_the_other(before, handler))


def _one_after_the_other(first: Handler, second: Callable[[], Any]) -> Handler:
    def both(log: Any) -> None:
        first(log)
        second()

    return both
