"""Weights that were trained elsewhere: opened, checked against their digest, and compared with the input here.

What cannot be loaded, or would test on people who were trained on, is refused. What can be loaded but means something
else than in training (another camera, another estimator, another rate) is told in sentences, which run.json keeps and
the tables print.
"""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from gaitcore.artefacts.run_record import Origin, RunRecord, read_run, run_of
from gaitcore.artefacts.weights import read_weights
from gaitcore.digests import file_digest
from gaitcore.errors import DataError, ProtocolError
from gaitcore.keys import some_of
from gaitcore.networks import released
from gaitcore.protocols.roles import split_in_use
from gaitcore.settings.input import UNITS, Input
from gaitcore.settings.network import SystemNetwork
from gaitcore.settings.protocol import Protocol
from gaitcore.settings.weights import Weights

log = logging.getLogger(__name__)

_DATA = ("dataset", "pose_source", "fps", "frame_width")


def load_elsewhere(
    model: nn.Module,
    path: Path,
    weights: Weights,
    network: SystemNetwork,
    input: Input,
    *,
    channels: tuple[str, ...],
    data: Mapping[str, Any],
    source_digest: str,
    protocol: Protocol,
    last: bool = False,
) -> Origin:
    """Load weights that were trained elsewhere into a network, and say where they come from.

    Args:
        model: the network, built with the settings here.
        path: the file: a weights.safetensors of a run, or one of ``torch.save`` with the authors' key names.
        weights: the setting that names it, with its digest where it is a file alone.
        network: the arguments that the network was built with.
        input: the input channels and their unit.
        channels: the input channels that the network gets.
        data: the section of the configuration; of its settings dataset, pose_source, fps and frame_width are used.
        source_digest: SHA-256 of the source of the frames here.
        protocol: that section of the configuration.
        last: whether the network's last layer may have another shape in the file and is left out then.

    Raises:
        DataError: the file is missing or damaged, has another digest, or holds weights of another network or shape.
        ProtocolError: subjects who are tested here were trained on.
    """
    digest = _checked_digest(path, weights.sha256)
    record = None
    if path.suffix == ".safetensors":
        record = _record_beside(path)
        named = _named(model, path, network.name, record)
    else:
        named = released.named(model, path)
    run = record.model_dump(mode="json") if record else None
    trained_on = _trained_on(record) if record else released.trained_on(model, digest)
    if weights.trained_on:
        trained_on |= weights.trained_on.model_dump(mode="json", exclude_none=True)
    options = list(_option_differences(record, network)) if record else []
    remedy = (
        f"; t{options[0][1:-1]}"
        if options
        else "; correct the network's options, or give the weights of such a network"
    )
    left_out = released.fit(model, named, str(path), remedy, last)
    if record:
        _check_nobody_is_tested(path, record, protocol, data, source_digest)
    here = {key: data.get(key) for key in _DATA}
    here |= {"channels": channels, "unit": input.unit, "frames": network.frames}
    notes = [*_meaning_differences(trained_on, here), *options]
    log.info("%s: weights with the SHA-256 %s", path, digest)
    for key in left_out:
        log.warning("%s: %s was left out, since it has another shape than here", path, key)
    for note in notes:
        log.warning("%s: %s", path, note)
    if not trained_on:
        log.warning("%s: nothing is known of what these weights were trained on; weights.trained_on can say it", path)
    return Origin(
        path=path.as_posix(),
        sha256=digest,
        run=run,
        trained_on=trained_on,
        notes=tuple(notes),
        left_out=tuple(left_out),
    )


def _checked_digest(path: Path, expected: str | None) -> str:
    if not path.is_file():
        raise DataError(f"{path}: no such file, expected weights of a network.")
    try:
        digest = file_digest(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}), expected weights of a network.") from None
    if expected not in (None, digest):
        raise DataError(
            f"{path}: its SHA-256 is {digest}, expected {expected} (weights.sha256); fetch the file again, or correct "
            "the digest."
        )
    return digest


def _record_beside(path: Path) -> RunRecord | None:
    record = path.with_name("run.json")
    return read_run(record) if record.exists() else None


def _named(model: nn.Module, path: Path, network: str, record: RunRecord | None) -> dict[str, released.Named]:
    """The arrays of a run's weights.safetensors by name; refused where they are those of another network."""
    trained = record.settings.get("network", {}).get("name", network) if record else network
    if trained != network:
        raise DataError(f"{path}: weights of the network {trained}, as its run.json says, expected those of {network}.")
    loaded, expected = read_weights(path), model.state_dict()
    for key in sorted(loaded.keys() ^ expected.keys()):
        state = "is missing" if key in expected else "is not part of this network"
        raise DataError(f"{path}: {key} {state}, expected the weights of {network} with the options of the system.")
    return {key: released.Named(key, torch.tensor(array)) for key, array in loaded.items()}


def _trained_on(record: RunRecord) -> dict[str, Any]:
    """What a run was trained on, by its run.json; of weights that were imported there, where these were trained."""
    if record.origin and record.imported:
        return dict(record.origin.trained_on)
    settings = record.settings
    data, network, input_settings = (settings.get(name, {}) for name in ("data", "network", "input"))
    facts = {key: data.get(key) for key in _DATA}
    facts |= {"channels": list(record.channels), "unit": input_settings.get("unit"), "frames": network.get("frames")}
    return {key: value for key, value in facts.items() if value is not None}


def _meaning_differences(trained: Mapping[str, Any], here: Mapping[str, Any]) -> Iterator[str]:
    """Sentences on input that has the right shape and means something else than in training."""

    def differ(key: str) -> bool:
        return trained.get(key) is not None and here.get(key) is not None and _plain(trained[key]) != _plain(here[key])

    channels = list(map(str, here["channels"]))
    if differ("channels"):
        yield f"The input channels are {', '.join(trained['channels'])} in training and {', '.join(channels)} here."
    if differ("unit"):
        yield f"The coordinates are {UNITS[trained['unit']]} in training and {UNITS[here['unit']]} here."
    elif here["unit"] == "pixels" and differ("frame_width"):
        yield (
            f"The coordinates are pixels of a frame {trained['frame_width']} wide in training and of one "
            f"{here['frame_width']} wide here."
        )
    if differ("pose_source"):
        also = ", and so is the meaning of the confidence channel" if "confidence" in channels else ""
        yield (
            f"The poses are those of {trained['pose_source']} in training and of {here['pose_source']} here; their "
            f"errors are different{also}."
        )
    if differ("fps"):
        frames = here["frames"]
        yield (
            f"The frames are {trained['fps']:g} a second in training and {here['fps']:g} here: a window of {frames} "
            f"frames lasts {frames / trained['fps']:.1f} s and {frames / here['fps']:.1f} s."
        )
    if differ("frames"):
        yield f"The window has {trained['frames']} frames in training and {here['frames']} here."


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, list | tuple) else value


def _option_differences(record: RunRecord, network: SystemNetwork) -> Iterator[str]:
    """Sentences on options of the network that are others than in training."""
    trained, here = record.settings.get("network", {}), network.model_dump(mode="json")
    for option in trained.keys() & here.keys() - {"name", "frames"}:
        if trained[option] != here[option]:
            yield f"The network's option {option} is {trained[option]} in training and {here[option]} here."


def _check_nobody_is_tested(
    path: Path, record: RunRecord, protocol: Protocol, data: Mapping[str, Any], source_digest: str
) -> None:
    """Refuse weights whose training, or the training that it started from, saw subjects who are tested here."""
    tested = set(split_in_use(protocol).test)
    for trained in _trainings(record):
        settings = trained.settings
        same_source = bool(source_digest) and trained.source_digest == source_digest
        if not same_source and settings.get("data", {}).get("dataset") != data.get("dataset"):
            continue
        theirs = settings.get("protocol", {})
        subjects = theirs.get("splits", {}).get(theirs.get("split"), {}).get("train", ())
        if both := [subject for subject in subjects if subject in tested]:
            raise ProtocolError(
                f"{path}: trained on {len(both)} subjects of {data.get('dataset')} who are tested here "
                f"({some_of(both)}), by the split {theirs['split']} of its run.json; a test subject must never be "
                f"trained on: take them out of protocol.splits.{protocol.split}.test."
            )


def _trainings(record: RunRecord) -> Iterator[RunRecord]:
    """The run itself, if it was trained, and those that its weights come from."""
    if not record.imported:
        yield record
    if before := run_of(record.origin):
        yield from _trainings(before)
