"""The source of the poses, and how they are made from video: the section ``data``."""

import re
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from gaitcore.keys import EXPECTED_KEY, KEY_COLUMNS, is_key
from gaitcore.settings.chosen import Chosen, known_name
from gaitcore.settings.values import (
    Condition,
    Frames,
    Line,
    Number,
    Paths,
    PathText,
    Pixels,
    Probability,
    Seed,
    Settings,
    Sha256,
    Text,
    Truth,
    listed,
    unique,
)
from gaitcore.settings.walkers import WalkerSettings

FORMATS = Chosen("readers", others=("video",))
SILHOUETTE_FORMATS = Chosen("silhouette_readers", others=("bodies", "video"))


class Detector(Settings):
    """The detector of people in a frame."""

    kind: Literal["mediapipe", "yolox"] = Field(description="mediapipe (nothing to fetch) or yolox (an ONNX model)")
    weights: PathText | None = Field(None, description="file of a YOLOX model, relative to the repository")
    sha256: Sha256 | None = Field(None, description="SHA-256 of that file; another file is refused")
    score: Probability = Field(0.5, description="people with a lower score are ignored")


class Tracking(Settings):
    """How one of several people is followed from frame to frame; for people: track."""

    gap: Annotated[Number, Field(ge=0, le=3600)] = Field(
        1.0,
        description="seconds; a person who is not seen for longer is not joined to whoever comes next (ByteTrack's "
        "buffer of lost tracks: 30 frames at 30 frames/s)",
    )
    shortest: Annotated[Number, Field(ge=0, le=60)] = Field(
        0.1,
        description="seconds; beside longer tracks a shorter one is a false detection (SORT confirms a track after 3 "
        "frames)",
    )


class Video(Settings):
    """How poses are made from videos; only for data.format: video."""

    list: PathText | None = Field(
        description="CSV with subject, condition, sequence and view of each video; null: files are named by sequence"
    )
    list_outside: Truth = Field(False, description="allow paths in that list that lead outside data.path")
    estimator: Literal["hrnet", "mediapipe", "onnx"] = Field(description="the pose estimator")
    weights: PathText | None = Field(description="file of the weights (hrnet) or the model (onnx)")
    sha256: Sha256 | None = Field(description="SHA-256 of that file; another file is refused")
    channels: Literal["bgr", "rgb"] = Field(description="order of the colours that an ONNX pose model expects")
    detector: Detector
    people: Literal["exactly_one", "track"] = Field(
        description="exactly_one drops frames with more or fewer people; track follows the largest person"
    )
    detect_every: Frames = Field(
        description="frames from one detection to the next; in between, the box is made of the keypoints"
    )


class Bodies(Settings):
    """How bodies are drawn round the poses; only for data.silhouettes.format: bodies."""

    spread: Annotated[Number, Field(ge=0, le=0.3)] = Field(
        0.1, description="standard deviation between subjects of the breadths of head, trunk, arms and legs, relative"
    )
    seed: Seed = Field(0, description="seed of the subjects' builds")
    clothing: dict[Condition, Literal["bag", "coat"]] = Field(
        {"bg": "bag", "cl": "coat"}, description="conditions in which a bag is carried or a coat is worn"
    )


class Segmenter(Settings):
    """The network that separates the walker from the background; only for data.silhouettes.format: video."""

    kind: Literal["mediapipe", "onnx"] = Field(
        "mediapipe", description="mediapipe (its selfie segmenter, nothing to fetch) or onnx (a model of your own)"
    )
    weights: PathText | None = Field(None, description="file of an ONNX model, relative to the repository")
    sha256: Sha256 | None = Field(None, description="SHA-256 of that file; another file is refused")
    scaling: Literal["unit", "symmetric", "imagenet"] = Field(
        "unit",
        description="what an ONNX model expects of a pixel: 0 to 1, -1 to 1, or less ImageNet's mean, by its spread",
    )
    threshold: Probability = Field(0.5, description="pixels of at least this probability are the walker")


KeyColumn = Literal["subject", "condition", "sequence", "view"]
_LEVEL = re.compile(r"\*|(?:{0})(?:[-_](?:{0}))*".format("|".join(KEY_COLUMNS)))


def _layout(text: str) -> str:
    named = False
    for level in text.split("/"):
        alone = level.startswith("=") and level not in ("=", "=.", "=..")
        if alone and named:
            raise ValueError(f'"{level[:80]}" is the name of one folder, which can stand only above the keys')
        if not alone and not _LEVEL.fullmatch(level):
            raise ValueError(
                f'"{level[:80]}" is not a level of folders, expected {", ".join(KEY_COLUMNS)}, several of them joined '
                "by - or _, or *"
            )
        named = named or not alone
    if not named:
        raise ValueError(f'"{text[:80]}" names no key')
    return text


def _constant_key(value: Any) -> Any:
    if isinstance(value, bool) or not is_key(str(value)):
        raise ValueError(f'"{value}" is not a valid key, expected {EXPECTED_KEY}')
    return value


def _file_pattern(text: str) -> str:
    if not text or "/" in text or "\0" in text:
        raise ValueError(f'"{text[:80]}" is not a pattern of file names, expected one like 03-*.pkl')
    return text


Constant = dict[KeyColumn, Annotated[str | int, BeforeValidator(_constant_key)]]


class Branch(Settings):
    """What the folders of a part of a tree name."""

    folders: Annotated[Line, AfterValidator(_layout)] = Field(
        "subject/condition-sequence/view",
        description="the key or keys that each level of folders names, e.g. subject/sequence/view; * is any folder, "
        "=train the folder train alone",
    )
    constant: Constant = Field(
        {}, description="the keys that no folder names, the same for all sequences: {condition: nm}"
    )
    append: Constant = Field(
        {}, description="text that is put behind a key: {subject: train} makes 00001train of the folder 00001"
    )
    numbered: KeyColumn | None = Field(
        None,
        description="a key that no folder names: 01, 02, ... for the sequences of a subject, by their paths as text",
    )

    @model_validator(mode="after")
    def _every_key_once(self) -> "Branch":
        levels = [level for level in self.folders.split("/") if not level.startswith("=")]
        named = [*re.findall("[a-z]+", "/".join(levels)), *self.constant, *filter(None, [self.numbered])]
        for column in () if getattr(self, "list", None) else KEY_COLUMNS:
            if named.count(column) > 1:
                raise ValueError(f"names the {column} twice, expected once in folders, constant or numbered")
            if column not in named:
                raise ValueError(f"names no {column}; add it to folders, or to constant, e.g. {{{column}: nm}}")
        return self


class Tree(Branch):
    """What the folders of a tree name; only for the formats with one file or folder for each sequence."""

    files: Annotated[Line, AfterValidator(_file_pattern)] = Field(
        "*", description="pattern of a sequence's file, where its folder has several: 03-*.pkl"
    )
    list: PathText | None = Field(
        None, description="CSV with path, subject, condition, sequence and view of each sequence, in place of folders"
    )
    branches: tuple[Branch, ...] = Field(
        (), description="parts of the tree whose folders name other keys, each below a folder =NAME"
    )

    @model_validator(mode="after")
    def _branches_have_names(self) -> "Tree":
        for branch in self.branches:
            if not branch.folders.startswith("="):
                raise ValueError(
                    f'the branch "{branch.folders[:80]}" does not begin with the folder it is, e.g. =train/'
                )
        return self


class Silhouettes(Settings):
    """Where the silhouettes come from; only for a data.modality with silhouettes."""

    format: Annotated[Line, AfterValidator(partial(known_name, SILHOUETTE_FORMATS)), SILHOUETTE_FORMATS] = Field(
        description="source format of the silhouettes; bodies draws them round the experiment's own poses, video cuts "
        "them out of the videos of data.path"
    )
    path: Annotated[tuple[PathText, ...], BeforeValidator(listed)] = Field(
        (), description="folder or folders, relative to the repository; none for bodies and video"
    )
    tree: Tree | None = Field(
        None, description="what the folders in path name; null: subject/condition-sequence/view, as CASIA-B's"
    )
    bodies: Bodies | None = Field(None, description="how bodies are drawn, if the format is bodies; null: as below")
    segmenter: Segmenter | None = Field(
        None, description="how people are cut out of videos, if the format is video; null: as below"
    )
    source: Line = Field("", description="what made them, recorded in the silhouette table; empty: the format says it")


class Data(Settings):
    """The source of the poses, and their properties."""

    dataset: Line = Field(description="name of the data set, as captions print it")
    modality: Annotated[tuple[Line, ...], BeforeValidator(listed), Field(min_length=1), AfterValidator(unique)] = Field(
        ("keypoints",),
        description="kind or kinds of frames to read; every system's network takes one of these, and the first one's "
        "table lists the sequences",
    )
    format: Annotated[Line, AfterValidator(partial(known_name, FORMATS)), FORMATS] = Field(
        description="source format of the poses; video estimates them"
    )
    path: Paths = Field(description="file or files (CSV), or folder (pickles, JSON), relative to the repository")
    tree: Tree | None = Field(
        None, description="what the folders in path name; null: subject/condition-sequence/view, as CASIA-B's"
    )
    frame_width: Pixels | None = Field(
        description="pixels; where x and y are fractions, both are divided by it; null, and the height too: "
        "coordinates in a crop of the person, another one in each frame"
    )
    frame_height: Pixels | None = Field(description="pixels")
    people: Literal["track", "first", "index"] = Field(
        "track",
        description="who is kept of several people in a frame: the walker of the largest continuous track, the first "
        "one of the file, or the one that people_index names; only for openpose_json",
    )
    tracking: Tracking | None = Field(
        None, description="how people are followed, for people: track here or in data.video; null: as below"
    )
    people_index: PathText | None = Field(
        None, description="folder of OpenGait's pose_selection_idx.pkl, in subject/sequence/view/, for people: index"
    )
    lost_joints: Literal["left_out", "placed"] = Field(
        "left_out",
        description="a sequence in which a joint is found on neither side in any frame: left out, or the joint is "
        "placed at the next one towards the head, with confidence 0",
    )
    frame_order: Literal["number", "text"] = Field(
        "number",
        description="order of the frames by the names of their files, as numbers or as text (f10000 before f9999); "
        "only for pose_text",
    )
    fps: Annotated[Number, Field(gt=0, le=1000)] = Field(description="frames per second")
    pose_source: Line = Field(description="the pose estimator, recorded in the pose table; video records its own")
    mixed_pose_sources: Truth = Field(False, description="allow poses of several estimators in one table")
    help: Text = Field("", description="where to get the data; printed when they are missing")
    walkers: WalkerSettings | None = Field(
        None, description="generate the data as synthetic walkers with these settings; null reads existing data"
    )
    video: Video | None = Field(None, description="how poses are estimated, if the format is video")
    silhouettes: Silhouettes | None = Field(
        None, description="where silhouettes are read from, if data.modality names them"
    )
