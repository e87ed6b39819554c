"""``gaitcore identify``: who of a gallery walks like a probe, with distances that a run's own pairs calibrate."""

import argparse

from gaitcore.commands.arguments import count, frame_size
from gaitcore.commands.paths import add_file, add_folder, check_output

SUMMARY = "find who of a gallery walks most like a probe, with distances calibrated by a run's own pairs"
EXAMPLE = "gaitcore identify --gallery data/people --probe walk.avi --weights results/demo/gaitmixer/seed-0"
LIMITS = """\
This is a tool of research. The nearest person is always named, also where the walker is not in the gallery; the
distances are calibrated on the test people of the run, their cameras and clothes, and not on these. Consent of the
people and the law on biometric data are the user's responsibility."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    add_folder(parser, "--gallery", metavar="FOLDER", required=True, help="sequences of known people, any format")
    add_file(parser, "--probe", metavar="FILE", required=True, help="a video, a file of poses, or a folder of them")
    add_folder(parser, "--weights", metavar="RUN", required=True, help="a run's folder, or its weights.safetensors")
    add_file(parser, "--picture", metavar="PNG", default="identified.png", help="the picture to write")
    parser.add_argument(
        "--frame-size", metavar="WxH", type=frame_size, help="of frames whose files do not say it: 1920x1080"
    )
    parser.add_argument("--show", metavar="N", type=count, default=5, help="people in the list (default: 5)")


def run(options: argparse.Namespace) -> int:
    """Print the ranked lists and write the picture."""
    from pathlib import Path

    from gaitcore.commands.identification import calibration_of, embedded, ranked, sentences
    from gaitcore.commands.identification_picture import write_picture
    from gaitcore.commands.texts import text_table
    from gaitcore.evaluation.finished import open_run

    picture = Path(options.picture)
    check_output(picture, ".png", "--picture")
    run = open_run(Path(options.weights))
    gallery = embedded(run, Path(options.gallery), options.frame_size, "gallery")
    probes = embedded(run, Path(options.probe), options.frame_size, "probe")
    calibration = calibration_of(run)
    results = ranked(run, gallery, probes)
    for remark in dict.fromkeys((*gallery.remarks, *probes.remarks)):
        print(f"Remark: {remark}")
    for result in results:
        print(f"\n{result.probe}, by {run.record.system} of {run.folder}")
        rows = [
            [place, one.subject, one.sequence, f"{one.distance:.4g}", *sentences(calibration, one.distance)]
            for place, one in enumerate(result.candidates[: options.show], 1)
        ]
        header = ["rank", "person", "sequence", "distance", "impostor pairs as near", "genuine pairs as far"]
        print(text_table(rows, header))
    write_picture(picture, run, gallery, probes, calibration, results, options.show)
    print(f"\n{picture}: written.\n{LIMITS}")
    return 0
