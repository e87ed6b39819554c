"""What a network's file declares for reports."""

from gaitcore.networks import modality, paper_text


def test_a_network_declares_its_modality_and_may_declare_the_papers_text():
    assert (modality("gaitmixer"), modality("gaitset")) == ("keypoints", "silhouettes")
    assert list(paper_text("gaitmixer")) == ["spatial_width", "widths", "padding", "dropout"]
    assert paper_text("posegait") == {}
