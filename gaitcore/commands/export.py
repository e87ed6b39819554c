"""``gaitcore export``: a trained network for other programs, with a model card."""

import argparse

from gaitcore.commands.paths import add_file, add_folder, check_output

SUMMARY = "export a run's network with its input transform, checked against PyTorch, and write its model card"
EXAMPLE = "gaitcore export results/demo/gaitmixer/seed-0 --onnx gaitmixer.onnx"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_folder(parser, "run_", metavar="RUN", help="a run's folder, or its run.json or weights.safetensors")
    add_file(
        parser,
        "--onnx",
        metavar="FILE",
        required=True,
        help="the ONNX file to write; in a folder it is named by system and seed",
    )
    add_file(parser, "--card", metavar="FILE", help="the model card to write (default: beside the ONNX file, as .md)")


def run(options: argparse.Namespace) -> int:
    """Write the ONNX file and the model card, and print how they compare with PyTorch."""
    from pathlib import Path

    import gaitcore
    from gaitcore.evaluation.finished import open_run
    from gaitcore.exporting.run import export_run

    finished = open_run(Path(options.run_))
    path = Path(options.onnx)
    if path.is_dir():
        seed = finished.record.seed
        path /= f"{finished.record.system}{'' if seed is None else f'-seed-{seed}'}.onnx"
    card = Path(options.card) if options.card else path.with_suffix(".md")
    for place, ending, option in ((path, ".onnx", "--onnx"), (card, ".md", "--card")):
        check_output(place, ending, option)
    exported = export_run(finished, path, card, gaitcore.__version__)
    print(exported.agreement.sentence())
    print(f"{path} and {card}: written.")
    return 0
