"""Networks, losses and readers from outside the repository: found by name, checked, loaded, digested."""

import sys

import numpy as np
import pytest
import torch

from gaitcore import digests, extensions
from gaitcore.errors import ConfigError
from gaitcore.modalities.silhouettes.reading import read_silhouettes, source_formats
from gaitcore.modalities.silhouettes.table import read_blocks
from gaitcore.networks import build_model, model_names, model_title, network_options
from gaitcore.settings.chosen import section_of
from gaitcore.settings.training import LOSSES
from gaitcore.training.losses import build_loss

NETWORK = """\
from torch import nn

from {beside}layers import mean_pose

TITLE = "MeanPose"
MODALITY = "keypoints"
MAP = None


class MeanPose(nn.Module):
    def __init__(self, frames, joints, in_channels, embedding_dim, *, scale: float = 2.0):
        super().__init__()
        self.head = nn.Linear(joints * in_channels, embedding_dim)
        self.scale = scale

    def forward(self, x):
        return self.head(self.scale * mean_pose(x))
"""

LAYERS = "def mean_pose(x):\n    return x.mean(dim=1).flatten(1)\n"

LOSS = '''\
from torch import nn

TITLE = "length loss"


class Loss(nn.Module):
    """The mean distance of the embeddings' lengths from one.

    Args:
        power: of the distance.
        weights: of the subjects, text and all.
    """

    def __init__(self, power: Positive = 2.0, weights: "list[float] | None" = None):
        super().__init__()
        self.power = power

    def forward(self, embeddings, labels):
        return (embeddings.norm(dim=1) - 1).abs().pow(self.power).mean(), 0
'''.replace('"list[float] | None"', "list[float] | None").replace(
    "from torch import nn\n", "from torch import nn\n\nfrom gaitcore.settings.values import Positive\n"
)


def write(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture(autouse=True)
def _search_nothing_afterwards():
    yield
    extensions.search([])


@pytest.fixture
def folder(tmp_path):
    """A folder with a network, the layers it imports from beside it, and a loss."""
    files = {"networks/meanpose.py": NETWORK.format(beside="."), "networks/layers.py": LAYERS, "losses/length.py": LOSS}
    return write(tmp_path / "mine", files)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An installed package with an entry point for the same network."""
    site = write(
        tmp_path / "site",
        {
            "gait_extra/__init__.py": "",
            "gait_extra/meanpose.py": NETWORK.format(beside="gait_extra."),
            "gait_extra/layers.py": LAYERS,
            "gait_extra-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: gait-extra\nVersion: 1.0\n",
            "gait_extra-1.0.dist-info/entry_points.txt": "[gaitcore.networks]\nmeanpose = gait_extra.meanpose\n",
        },
    )
    monkeypatch.syspath_prepend(site)
    yield site / "gait_extra"
    for name in [name for name in sys.modules if name.split(".")[0] == "gait_extra"]:
        del sys.modules[name]


def test_a_network_of_a_folder_is_found_by_its_name_and_built(folder):
    assert "meanpose" not in model_names()
    extensions.search([folder])
    assert extensions.available("networks")["meanpose"] == folder / "networks" / "meanpose.py"
    assert "layers" not in model_names()
    assert extensions.place("networks", "meanpose") == "networks/meanpose.py (an extension)"
    assert extensions.place("networks", "gaitmixer") == "gaitcore/networks/gaitmixer.py"
    assert (model_title("meanpose"), network_options("meanpose")) == ("MeanPose", ("scale",))
    model = build_model("meanpose", scale=1.0, embedding_dim=4)
    assert model(torch.zeros(3, 60, 17, 2)).shape == (3, 4)
    extensions.search([])
    assert "meanpose" not in model_names()


def test_a_network_of_a_package_is_found_by_its_entry_point_and_nothing_is_imported_until_it_is_built(package):
    assert extensions.available("networks")["meanpose"] == package / "meanpose.py"
    assert model_title("meanpose") == "MeanPose"
    assert "gait_extra" not in sys.modules
    assert build_model("meanpose", embedding_dim=4)(torch.zeros(3, 60, 17, 2)).shape == (3, 4)


def test_a_losss_options_are_those_of_its_signature(folder):
    extensions.search([folder])
    section = section_of(LOSSES, "length")
    assert section.model_validate({}).model_dump() == {"kind": "length", "power": 2.0, "weights": None}
    assert section.model_fields["power"].description == "of the distance"
    loss = build_loss(section.model_validate({"power": 3, "weights": [1, 2]}), subjects=2, embedding_dim=2)
    assert loss(torch.tensor([[3.0, 0.0], [0.0, 1.0]]), torch.tensor([0, 1])) == (4.0, 0)


def test_a_digest_depends_on_an_extensions_imports_and_not_on_its_location(folder, package, tmp_path):
    network = folder / "networks" / "meanpose.py"
    assert set(digests.outside_code(network)) == {"networks/meanpose.py", "networks/layers.py"}
    assert set(digests.outside_code(package / "meanpose.py")) == {"gait_extra/meanpose.py", "gait_extra/layers.py"}
    elsewhere = tmp_path / "a" / "b" / "moved"
    elsewhere.parent.mkdir(parents=True)
    before = digests.code_digest("gaitcore.training.loop", network)
    folder.rename(elsewhere)
    assert digests.code_digest("gaitcore.training.loop", elsewhere / "networks" / "meanpose.py") == before
    changed = write(
        tmp_path / "changed", {"networks/meanpose.py": NETWORK.format(beside="."), "networks/layers.py": ""}
    )
    assert digests.code_digest("gaitcore.training.loop", changed / "networks" / "meanpose.py") != before


def test_a_digest_follows_a_folder_above_and_the_library(tmp_path):
    text = "from ..shared import one\nfrom gaitcore.keys import SequenceKey\n"
    folder = write(tmp_path, {"losses/one.py": text, "shared.py": "one = 1\n"})
    assert set(digests.code_files(folder / "losses" / "one.py")) == {
        *("losses/one.py", "shared.py", "keys.py", "names.py")
    }


MASKS = """\
import numpy as np

from gaitcore.keys import parse_sequence_name
from gaitcore.modalities.silhouettes.table import Walk

LABEL = "NumPy files"
EXPECTED = "a folder with files like 001-nm-01-090.npy"
PRETREATMENT = "none"


def read(paths, report):
    for path in sorted(paths[0].iterdir()):
        masks = np.load(path)
        yield Walk(parse_sequence_name(path.stem), np.arange(len(masks)), masks, path.stem)
"""


def test_a_reader_of_silhouettes_lies_in_a_folder_of_its_own(tmp_path):
    extensions.search([write(tmp_path / "mine", {"silhouette_readers/numpy_masks.py": MASKS})])
    assert "numpy_masks" in source_formats()
    assert "numpy_masks" not in extensions.available("readers")
    masks = np.arange(2 * 64 * 64, dtype=np.uint8).reshape(2, 64, 64)
    (tmp_path / "source").mkdir()
    np.save(tmp_path / "source" / "001-nm-01-090.npy", masks)
    table = tmp_path / "silhouettes.parquet"
    sequences, _ = read_silhouettes("numpy_masks", tmp_path / "source", table, dataset="test")
    assert sequences.to_numpy().tolist() == [["001", "nm", "01", "090", 2]]
    (block,) = read_blocks(table)
    np.testing.assert_array_equal(block.masks, masks)


def refused(kind, name):
    with pytest.raises(ConfigError) as raised:
        extensions.load(kind, name)
    return str(raised.value)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("networks/net.py", "TITLE = (\n", ", line 1: this is not Python ('(' was never closed), expected a network; "),
        ("networks/net.py", 'MAP = ""\n', ": declares no TITLE, which a network needs, expected a line like TITLE = "),
        ("networks/net.py", 'TITLE = "Net"\nMAP = None\n', ": declares no MODALITY, which a network needs, expected "),
        ("networks/net.py", "TITLE = 3\n", ': TITLE is 3, expected a text, e.g. "MeanPose".'),
        (
            "networks/net.py",
            'TITLE = "Net"\nMODALITY = "keypoints"\nMAP = None\n',
            ": defines no Net, which a network needs; see docs/extending.md.",
        ),
        (
            "losses/net.py",
            'import a_package_that_is_not_there\n\nTITLE = "x"\n\n\nclass Loss: ...\n',
            ", line 1: ModuleNotFoundError: No module named 'a_package_that_is_not_there'; expected a loss ",
        ),
        (
            "silhouette_readers/net.py",
            'LABEL = "x"\nEXPECTED = "y"\n\n\ndef read(): ...\n',
            ": declares no PRETREATMENT, which a source format of silhouettes needs, expected a line like ",
        ),
        (
            "readers/net.py",
            'LABEL = "x"\nEXPECTED = "y"\n',
            ": defines no read, which a source format needs; see docs/extending.md.",
        ),
    ],
)
def test_a_broken_file_ends_in_one_sentence(tmp_path, name, text, sentence):
    write(tmp_path, {name: text})
    extensions.search([tmp_path])
    assert refused(name.split("/")[0], "net").startswith(f"{tmp_path / name}{sentence}")


def test_an_option_without_a_usable_type_ends_in_one_sentence(tmp_path):
    text = 'TITLE = "x"\n\n\nclass Loss:\n    def __init__(self, of: Tensor): ...\n'
    write(tmp_path, {"losses/odd.py": text})
    extensions.search([tmp_path])
    with pytest.raises(ConfigError) as raised:
        section_of(LOSSES, "odd")
    assert str(raised.value) == (
        f"{tmp_path}/losses/odd.py, line 5: of is Tensor, expected a type made of int, float, str, bool, Count, "
        "Frames, Channels, Blocks, Positive, NotNegative, Probability, Fraction, tuple, list, Sequence, dict, Literal "
        "and None."
    )


def test_a_default_that_is_computed_ends_in_one_sentence(tmp_path):
    write(
        tmp_path, {"losses/odd.py": 'TITLE = "x"\n\n\nclass Loss:\n    def __init__(self, to: int = len("x")): ...\n'}
    )
    extensions.search([tmp_path])
    with pytest.raises(ConfigError) as raised:
        section_of(LOSSES, "odd")
    assert str(raised.value) == (f"{tmp_path}/losses/odd.py, line 5: to has len('x'), expected a literal value.")


def test_a_name_that_is_there_already_is_refused_with_both_files(tmp_path, folder):
    write(tmp_path, {"networks/gaitmixer.py": NETWORK.format(beside=".")})
    extensions.search([tmp_path])
    file = tmp_path / "networks" / "gaitmixer.py"
    library = extensions.PACKAGE / "networks" / "gaitmixer.py"
    assert refused("networks", "gaitmixer") == (
        f'{file}: there is a network "gaitmixer" already, in {library}; give one of them another name.'
    )
    extensions.search([folder, folder / ".." / "mine"])  # the same folder twice is one
    assert "meanpose" in model_names()


def test_an_unknown_name_is_refused_with_the_nearest(folder):
    extensions.search([folder])
    assert refused("losses", "lenght") == 'There is no loss "lenght"; did you mean "length"?'


def test_a_missing_or_empty_folder_is_refused(tmp_path):
    with pytest.raises(ConfigError) as raised:
        extensions.search([tmp_path / "mine"])
    assert str(raised.value).startswith(f"there is no folder {tmp_path / 'mine'}, expected one with networks, losses, ")
    with pytest.raises(ConfigError) as raised:
        extensions.search([tmp_path])
    assert str(raised.value) == (
        f"{tmp_path} has no folder of extensions in it, expected networks, losses, readers, silhouette_readers, inputs "
        "or protocols."
    )


def test_an_entry_point_without_its_module_is_refused(package):
    (package / "meanpose.py").unlink()
    with pytest.raises(ConfigError) as raised:
        extensions.available("networks")
    assert str(raised.value) == (
        'The entry point gaitcore.networks: meanpose of gait-extra 1.0 is "gait_extra.meanpose", expected a module '
        "inside an installed package, e.g. my_gait.meanpose."
    )
