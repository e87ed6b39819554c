"""The log of an evaluation: the cells that are left out, in the order of the tables."""

from places import REPOSITORY

from gaitcore.artefacts.metrics import LeftOut
from gaitcore.evaluation.run import _left_out
from gaitcore.settings.files import load_config


def test_cells_without_a_sequence_are_told_in_the_order_of_the_tables():
    protocol = load_config(REPOSITORY / "config.yaml", {"experiment": "demo"}).protocol
    cells = [
        LeftOut(condition=condition, gallery_view=view, probe_view="090", reason="no gallery sequence")
        for condition in ("bg", "cl", "nm")
        for view in ("000", "018")
    ]
    told = list(_left_out(cells, protocol))
    assert told[0] == "left out: nm, gallery view 000, probe view 090: no gallery sequence"
    assert [sentence.split()[2] for sentence in told] == ["nm,", "nm,", "bg,", "bg,", "cl,", "cl,"]
