"""Published results on CASIA-B, as printed in Tables 1 and 2 of the GaitMixer paper.

E. Pinyoanuntapong, A. Ali, P. Wang, M. Lee, C. Chen: "GaitMixer: Skeleton-based Gait Representation Learning via
Wide-spectrum Multi-axial Mixer", ICASSP 2023. The files keep every number as printed, in percent;
they are read as fractions.
"""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

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
LATER = {
    "GaitTR": "Zhang et al., Expert Systems 2023",
    "GPGait": "Fu et al., ICCV 2023, by its toolbox FastPoseGait",
}
GAITNET_ROW = (
    "GaitNet's published row is printed under Song et al. (2019), but is probably that of Zhang et al. (CVPR 2019), a "
    "network of RGB frames: Song et al. test on NM alone, and the features they ship give 90.9 there."
)

PAPER_SUBJECTS = (74, 50)  # training and test subjects

_FOLDER = Path(__file__).parent / "published_numbers"


def estimator_of(pose_source: str) -> str:
    """The estimator of the experiment's poses by the name that published rows have for it; as it is, where unknown."""
    names = (name for name in ("HRNet", "OpenPose", "SimCC") if name.lower() in pose_source.lower())
    return next(names, pose_source)


def shows_published(config: Config) -> bool:
    """Whether tables show the published results beside those of an experiment; another split is another task."""
    split = split_in_use(config.protocol)
    return config.tables.published and (len(split.train), len(split.test)) == PAPER_SUBJECTS


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


def published_rows(methods: Iterable[str]) -> pd.DataFrame:
    """The paper's Table 2, and the later rows of those of the methods that have one."""
    return pd.concat([published_table2(), published_later(methods)], ignore_index=True)


def _per_condition(name: str) -> pd.DataFrame:
    wide = pd.read_csv(_FOLDER / name).assign(view="mean")
    return _tidy(wide, ["modality", "method", "frames", "view"], "condition")


def _tidy(wide: pd.DataFrame, keys: list[str], variable: str) -> pd.DataFrame:
    tidy = wide.melt(keys, var_name=variable, value_name="rank1")
    return tidy.assign(condition=tidy["condition"].str.lower(), rank1=as_fraction(tidy["rank1"]))
