"""Published results: on CASIA-B, as printed in Tables 1 and 2 of the GaitMixer paper, and on other data sets.

E. Pinyoanuntapong, A. Ali, P. Wang, M. Lee, C. Chen: "GaitMixer: Skeleton-based Gait Representation Learning via
Wide-spectrum Multi-axial Mixer", ICASSP 2023. The files keep every number as printed, in percent;
they are read as fractions. ``other_sets.csv`` has the rows of other data sets, each with its source.
"""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from gaitcore.artefacts.summary import MEAN
from gaitcore.percent import as_fraction
from gaitcore.protocols.roles import split_in_use
from gaitcore.settings.experiment import Config

SOURCE = "Published, as printed in the GaitMixer paper (Pinyoanuntapong et al., ICASSP 2023)."
DISCREPANCY = "GaitFormer's CL mean is printed as 77.2 in the paper, while its eleven views average 77.5."
POSEGAIT_SPLIT = "PoseGait's published row has another split: 62 training and 62 test subjects."
POSES = (
    "The published rows have poses of different estimators: OpenPose (PoseGait) and HRNet (the paper's other skeleton "
    "systems); a best value is marked among rows of one estimator."
)
OTHER_POSES = "Rows have the poses that their titles name; a best value is marked among rows of the same poses alone."
LATER = {
    "GaitTR": "Zhang et al., Expert Systems 2023",
    "GPGait": "Fu et al., ICCV 2023, by its toolbox FastPoseGait",
}
GAITNET_ROW = (
    "GaitNet's published row is printed under Song et al. (2019), but is probably that of Zhang et al. (CVPR 2019), a "
    "network of RGB frames: Song et al. test on NM alone, and the features they ship give 90.9 there."
)

CASIA_B = "casia_b"
SUBJECTS = {  # of the published rows of each data set: training and test
    CASIA_B: (74, 50),
    "oumvlp": (5153, 5154),
    "gait3d": (3000, 1000),
    "ccpg": (100, 100),
    "sustech1k": (250, 800),
}
_BLOCKS = {"appearance": "Appearance based", "skeleton": "Skeleton based"}
LATER_BLOCK, OTHER_BLOCK = "Published later", "Published"

_FOLDER = Path(__file__).parent / "published_numbers"


def estimator_of(pose_source: str) -> str:
    """The estimator of the experiment's poses by the name that published rows have for it; as it is, where unknown."""
    names = (name for name in ("HRNet", "OpenPose", "SimCC") if name.lower() in pose_source.lower())
    return next(names, pose_source)


def shows_published(config: Config) -> bool:
    """Whether tables show the published results beside those of an experiment; another split is another task."""
    split = split_in_use(config.protocol)
    return config.tables.published and (len(split.train), len(split.test)) == SUBJECTS[config.tables.published_set]


def published_table1() -> pd.DataFrame:
    """Rank-1, fractions, per probe view: columns modality, condition, method, view (degrees or "mean"), rank1."""
    wide = pd.read_csv(_FOLDER / "table1.csv").assign(modality="skeleton")
    return _tidy(wide, ["modality", "condition", "method"], "view")


def published_table2() -> pd.DataFrame:
    """Rank-1, fractions: columns modality (appearance, skeleton), method, frames, condition (or "mean"), view, rank1.

    ``frames`` is what a method was given: silhouettes, or the estimator of its poses.
    """
    return _per_condition("table2.csv")


def published_later(methods: Iterable[str]) -> pd.DataFrame:
    """The rows of those of the methods that were published after the paper, with the columns of the paper's Table 2."""
    rows = _per_condition("later.csv")
    return rows[rows["method"].isin(list(methods))].reset_index(drop=True)


def published_rows(methods: Iterable[str], of: str = CASIA_B, overall: str | None = None) -> pd.DataFrame:
    """The published rank-1 on a data set: the columns of the paper's Table 2, and block and title of each row.

    Args:
        methods: titles of the measured systems, whose rows from after the paper are added to the paper's.
        of: the data set.
        overall: the comparison that stands for the mean; in its rows the condition is "mean".
    """
    if of == CASIA_B:
        paper, later = published_table2(), published_later(methods)
        return pd.concat(
            [
                paper.assign(block=paper["modality"].map(_BLOCKS), title=paper["method"]),
                later.assign(block=LATER_BLOCK, title=later["method"] + ", " + later["frames"] + " poses"),
            ],
            ignore_index=True,
        )
    rows = published_others(of).query("metric == 'rank1'")
    rows = rows.assign(condition=rows["condition"].replace({overall: MEAN} if overall else {}))
    columns = ["modality", "method", "frames", "view", "condition", "rank1", "block", "title"]
    return rows.rename(columns={"fraction": "rank1"}).reset_index(drop=True)[columns]


def published_others(of: str) -> pd.DataFrame:
    """The rows of another data set: method, frames, condition, metric, fraction, source; what tables print of them."""
    rows = pd.read_csv(_FOLDER / "other_sets.csv")
    rows = rows[rows["set"] == of].reset_index(drop=True)
    title = rows["method"] + ", " + rows["frames"]
    fraction = as_fraction(rows["percent"])
    return rows.assign(fraction=fraction, modality="skeleton", view="mean", block=OTHER_BLOCK, title=title)


def sources(of: str) -> str:
    """The sources of the rows of another data set in one sentence."""
    by_source = published_others(of).groupby("source", sort=False)["method"].unique()
    return "; ".join(f"{', '.join(methods)}: {source}" for source, methods in by_source.items())


def _per_condition(name: str) -> pd.DataFrame:
    wide = pd.read_csv(_FOLDER / name).assign(view="mean")
    return _tidy(wide, ["modality", "method", "frames", "view"], "condition")


def _tidy(wide: pd.DataFrame, keys: list[str], variable: str) -> pd.DataFrame:
    tidy = wide.melt(keys, var_name=variable, value_name="rank1")
    return tidy.assign(condition=tidy["condition"].str.lower(), rank1=as_fraction(tidy["rank1"]))
