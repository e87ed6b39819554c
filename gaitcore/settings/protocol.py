"""Who trains, and which sequences are gallery and probes: the section ``protocol``."""

from functools import partial
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from gaitcore.errors import short
from gaitcore.keys import KEY_COLUMNS, natural, walk_name
from gaitcore.settings.chosen import Chosen, known_name
from gaitcore.settings.values import (
    Condition,
    Count,
    Frames,
    Key,
    Keys,
    Line,
    SequenceNames,
    Settings,
    Sha256,
    Subjects,
    Truth,
    listed,
    path_text,
    unique,
)
from gaitcore.suggest import nearest

LISTED, OTHERS = "listed", "others"  # words in place of patterns of conditions
SUBMISSION = "submission"  # the column of split.csv of the sequences that a submission compares
_COLUMNS = (*KEY_COLUMNS, "frames", "role", "reason", SUBMISSION)  # of split.csv, which has one for each comparison


class Split(Settings):
    """Who trains and who is tested; no subject may do both."""

    train: Subjects = Field(description="subjects to train on, e.g. 1-74 or P01, P02")
    test: Subjects = Field(description="subjects to test on, e.g. 75-124")
    validation: Subjects = Field(
        (), description="training subjects held out to choose the epoch, or settings in a sweep, e.g. 60-74"
    )
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
Patterns = Annotated[
    tuple[Line, ...], BeforeValidator(listed), Field(min_length=1, max_length=100), AfterValidator(unique)
]


class Comparison(Settings):
    """One comparison, a row of the tables; its sequences may take part in others, also in the other role."""

    probes: Patterns = Field(
        description="patterns of conditions, e.g. [U0_D0, U0_D0_BG] or '*bg*'; or listed: the sequences in the "
        "partition file's PROBE_SET"
    )
    gallery: Patterns = Field(
        description="patterns of conditions; or listed: those in GALLERY_SET; or others: all test sequences that are "
        "no probes of this comparison"
    )

    @model_validator(mode="after")
    def _words_stand_alone(self) -> "Comparison":
        for side, patterns in (("probes", self.probes), ("gallery", self.gallery)):
            words = sorted({LISTED, OTHERS} & set(patterns))
            if words and len(patterns) > 1:
                raise ValueError(f"{side} has {words[0]} beside patterns of conditions, expected one or the other")
        if OTHERS in self.probes:
            raise ValueError(f"probes is {OTHERS}, expected patterns of conditions, or {LISTED}")
        return self


class Submission(Settings):
    """The file that a challenge's server scores: the nearest gallery sequences of probes of unknown identity."""

    subject: Key = Field(description="the label of the probes of unknown identity, e.g. probe")
    gallery: Patterns = Field(description="patterns of the conditions that the probes are compared with, e.g. [01, 02]")
    nearest: Count = Field(20, description="how many gallery sequences the file lists for each probe")


class Protocol(Settings):
    """Who trains, and which sequences are gallery and probes."""

    kind: Annotated[Line, AfterValidator(partial(known_name, KINDS)), KINDS] = Field(
        "cross_view",
        description="who is compared with whom: cross_view, whole_gallery, whole_gallery_and_cells, or a kind of your "
        "own (docs/protocol.md)",
    )
    split: Line = Field(
        description="name of the split in use, or a partition file (.json, .csv) relative to the repository"
    )
    split_sha256: Sha256 | None = Field(
        None, description="SHA-256 of that file; another file is refused; null: recorded as it is"
    )
    splits: dict[Line, Split] = Field(description="training and test subjects, by name of the split")
    gallery: Walks = Field(description="gallery sequences per condition, e.g. nm: [1, 2]; {} with comparisons")
    probes: Walks = Field(description="probe sequences per condition, in the tables' order; {} with comparisons")
    comparisons: dict[Condition, Comparison] = Field(
        {},
        description="instead of gallery and probes: comparisons by name, in the tables' order, each with its own "
        "probes and gallery, e.g. CL: {probes: [U0_D0], gallery: [U1_D1, U2_D2]}",
    )
    submission: Submission | None = Field(
        None, description="probes of unknown identity, for the target submission; null: there are none"
    )
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
        for side in ("gallery", "probes"):
            if bool(getattr(self, side)) == bool(self.comparisons):
                found = "names sequences beside comparisons" if self.comparisons else "is empty"
                expected = "{}, since each comparison has its own" if self.comparisons else "sequences of a condition"
                raise ValueError(f"{side} {found}, expected {expected}")
        for name in self.comparisons:
            if name in _COLUMNS:
                raise ValueError(f"the comparison {name} has the name of a column of split.csv; rename it")
        for condition, sequences in self.probes.items():
            both = set(sequences) & set(self.gallery.get(condition, ()))
            if both:
                raise ValueError(f"{walk_name(condition, min(both, key=natural))} is both gallery and probe")
        return self
