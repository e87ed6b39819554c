"""A real walking video for the tests that ask for one."""

import pytest


@pytest.fixture(scope="session")
def walking():
    """Frame number -> image (240, 320, 3) of RGB bytes: a walker seen from the side at 30 frames/s, as in CASIA-B."""
    from walking_video import WHEEL, walking_frames

    frames = walking_frames()
    if frames is None:
        pytest.skip(f"no walking video: the package {WHEEL} cannot be fetched")
    return frames
