"""Published results on CASIA-B, as printed in Tables 1 and 2 of the GaitMixer paper.

E. Pinyoanuntapong, A. Ali, P. Wang, M. Lee, C. Chen: "GaitMixer: Skeleton-based Gait Representation Learning via
Wide-spectrum Multi-axial Mixer", ICASSP 2023. The files keep every number as printed, in percent;
they are read as fractions.
"""

from pathlib import Path

import pandas as pd

from gaitcore.percent import as_fraction
from gaitcore.protocols.roles import split_in_use
from gaitcore.settings.experiment import Config

SOURCE = "Published, as printed in the GaitMixer paper (Pinyoanuntapong et al., ICASSP 2023)."
DISCREPANCY = "GaitFormer's CL mean is printed as 77.2 in the paper, while its eleven views average 77.5."
POSEGAIT_SPLIT = "PoseGait's published row has another split: 62 training and 62 test subjects."
GAITNET_ROW = (
    "GaitNet's published row is printed under Song et al. (2019), but is probably that of Zhang et al. (CVPR 2019), a "
    "network of RGB frames: Song et al. test on NM alone, and the features they ship give 90.9 there."
)

PAPER_SUBJECTS = (74, 50)  # training and test subjects

_FOLDER = Path(__file__).parent / "published_numbers"


def shows_published(config: Config) -> bool:
    """Whether tables show the published results beside those of an experiment; another split is another task."""
    split = split_in_use(config.protocol)
    return config.tables.published and (len(split.train), len(split.test)) == PAPER_SUBJECTS


def published_table1() -> pd.DataFrame:
    """Rank-1, fractions, per probe view: columns modality, condition, method, view (degrees or "mean"), rank1."""
    wide = pd.read_csv(_FOLDER / "table1.csv").assign(modality="skeleton")
    return _tidy(wide, ["modality", "condition", "method"], "view")


def published_table2() -> pd.DataFrame:
    """Rank-1, fractions: columns modality (appearance, skeleton), method, condition (or "mean"), view, rank1."""
    wide = pd.read_csv(_FOLDER / "table2.csv").assign(view="mean")
    return _tidy(wide, ["modality", "method", "view"], "condition")


def _tidy(wide: pd.DataFrame, keys: list[str], variable: str) -> pd.DataFrame:
    tidy = wide.melt(keys, var_name=variable, value_name="rank1")
    return tidy.assign(condition=tidy["condition"].str.lower(), rank1=as_fraction(tidy["rank1"]))
