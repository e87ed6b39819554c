"""Who trains, and which sequences are gallery and probes: the section ``protocol``."""

from functools import partial
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from gaitcore.errors import short
from gaitcore.keys import natural, walk_name
from gaitcore.settings.chosen import Chosen, known_name
from gaitcore.settings.values import (
    Condition,
    Frames,
    Keys,
    Line,
    SequenceNames,
    Settings,
    Sha256,
    Subjects,
    Truth,
    path_text,
)
from gaitcore.suggest import nearest


class Split(Settings):
    """Who trains and who is tested; no subject may do both."""

    train: Subjects = Field(description="subjects to train on, e.g. 1-74 or P01, P02")
    test: Subjects = Field(description="subjects to test on, e.g. 75-124")
    validation: Subjects = Field((), description="training subjects held out to choose the epoch, e.g. 60-74")
    probes: SequenceNames = Field((), description="single sequences that are probes, e.g. 0002-camid33_videoid2-seq0")
    gallery: SequenceNames = Field(
        (), description="single sequences of the gallery; none listed: all others of test subjects"
    )

    @model_validator(mode="after")
    def _nobody_trains_and_is_tested(self) -> "Split":
        train, test = set(self.train), set(self.test)
        both = [subject for subject in self.train if subject in test]
        if both:
            raise ValueError(f"subject {both[0]} is in both train and test; a test subject must never be trained on")
        strangers = [subject for subject in self.validation if subject not in train]
        if strangers:
            raise ValueError(f"validation subject {strangers[0]} is not one of the train subjects it is held out of")
        return self


def _no_minimum(value: Any) -> Any:
    return 1 if value is None else value


Walks = dict[Condition, Keys]
KINDS = Chosen("protocols")
PARTITION_ENDINGS = (".json", ".csv")  # of a file that split may name


class Protocol(Settings):
    """Who trains, and which sequences are gallery and probes."""

    kind: Annotated[Line, AfterValidator(partial(known_name, KINDS)), KINDS] = Field(
        "cross_view",
        description="who is compared with whom: cross_view, whole_gallery, or a kind of your own (docs/protocol.md)",
    )
    split: Line = Field(
        description="name of the split in use, or a partition file (.json, .csv) relative to the repository"
    )
    split_sha256: Sha256 | None = Field(
        None, description="SHA-256 of that file; another file is refused; null: recorded as it is"
    )
    splits: dict[Line, Split] = Field(description="training and test subjects, by name of the split")
    gallery: Walks = Field(description="gallery sequences per condition, e.g. nm: [1, 2]", min_length=1)
    probes: Walks = Field(description="probe sequences per condition, in the tables' order", min_length=1)
    exclude_same: Literal["view", "nothing"] | None = Field(
        None,
        description="view: a probe is not compared with gallery sequences of its own view (whole_gallery: of its own "
        "subject and view); nothing: it is; null: as the kind is published, view for cross_view and nothing for "
        "whole_gallery",
    )
    min_frames: Annotated[Frames, BeforeValidator(_no_minimum)] = Field(
        1, description="sequences with fewer usable frames are excluded everywhere; 1 or null: no minimum"
    )
    min_frames_of: dict[Line, Frames] = Field(
        {}, description="the same for the frames of one modality, e.g. {silhouettes: 1}"
    )
    common_tests: Truth = Field(
        False,
        description="with several modalities: test only on gallery and probe sequences that each of them has, so that "
        "all rows of a table stand on the same probes",
    )

    @model_validator(mode="after")
    def _consistent(self) -> "Protocol":
        of_file = self.split.lower().endswith(PARTITION_ENDINGS)
        if self.split not in self.splits and of_file:
            path_text(self.split)
        elif self.split not in self.splits:
            raise ValueError(f'there is no split "{short(self.split)}"{nearest(self.split, self.splits)}')
        for condition, sequences in self.probes.items():
            both = set(sequences) & set(self.gallery.get(condition, ()))
            if both:
                raise ValueError(f"{walk_name(condition, min(both, key=natural))} is both gallery and probe")
        return self
