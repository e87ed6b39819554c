"""What folders may name, guessed from their names."""

import pytest

from gaitcore.modalities.tree_guessing import guess_tree


@pytest.mark.parametrize(
    ("paths", "folders", "constant"),
    [
        (["001/nm-01/090", "002/bg-02/018"], "subject/condition-sequence/view", {}),
        (["001/nm_01/090", "002/bg_02/018"], "subject/condition_sequence/view", {}),
        (["001/01_nm/090", "002/02_bg/018"], "subject/sequence_condition/view", {}),
        (["00001/00/000", "00003/01/270"], "subject/sequence/view", {"condition": "nm"}),
        (["anna/coat/left", "ben/bag/right"], "subject/condition/view", {"sequence": "01"}),
        (["p1/nm/1/front", "p2/bg/2/side"], "subject/condition/sequence/view", {}),
        (["train/001/nm-01/090", "test/002/bg-02/018"], "*/subject/condition-sequence/view", {}),
        (["001/01", "002/02"], "subject/sequence", {"condition": "nm", "view": "000"}),
        (["anna/walk1", "ben/walk2"], "subject/sequence", {"condition": "nm", "view": "000"}),
        (["anna/coat1", "ben/bag1"], "subject/condition", {"sequence": "01", "view": "000"}),
        (["001-nm-01-090", "002-bg-01-018"], "subject-condition-sequence-view", {}),
        (["anna_1", "ben_2"], "subject_sequence", {"condition": "nm", "view": "000"}),
        (["001/001-nm-01-090", "002/002-nm-01-018"], "*/subject-condition-sequence-view", {}),
    ],
)
def test_the_names_of_folders_choose_the_tree(paths, folders, constant):
    tree = guess_tree([tuple(path.split("/")) for path in paths])
    assert (tree.folders, tree.constant) == (folders, constant)


@pytest.mark.parametrize("paths", [[], ["holiday", "party"]])
def test_names_that_fit_no_rule_give_no_tree(paths):
    assert guess_tree([tuple(path.split("/")) for path in paths]) is None
