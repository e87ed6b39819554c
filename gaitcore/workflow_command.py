"""The commands of the workflow, as sentences for users name them."""


def workflow_command(target: str, experiment: str = "", options: str = "") -> str:
    """The command that makes a target, e.g. ``snakemake --cores 8 tables --config experiment=demo``.

    Args:
        target: a rule of the Snakefile, e.g. tables.
        experiment: its name; "" for the one that config.yaml names.
        options: further options, e.g. ``--forcerun splits``.
    """
    command = f"snakemake --cores 8 {target}{f' --config experiment={experiment}' if experiment else ''}"
    return f"{command} {options}" if options else command
