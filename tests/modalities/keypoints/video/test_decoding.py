"""Frames at a steady rate, and a reason for everything a file does not give."""

import re
import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

for package in ("av", "cv2", "onnx"):
    pytest.importorskip(package, reason="poses from video need more packages: make video")
pytestmark = pytest.mark.video

from drawn_video import write_video

from gaitcore.modalities.keypoints.video.decoding import Decoder, Note, UnusableVideo, count_frames

WIDTH, HEIGHT = 64, 48


def picture(n: int) -> np.ndarray:
    """Frame n of a video: its upper left corner is red, the rest as grey as n says."""
    image = np.full((HEIGHT, WIDTH, 3), 4 * n, np.uint8)
    image[: HEIGHT // 2, : WIDTH // 2] = (255, 0, 0)
    return image


def numbers(frames) -> list[tuple[int, int]]:
    """(frame's number, which picture it shows), to see what was taken."""
    return [(number, round(float(image[-8:, -8:].mean()) / 4)) for number, image in frames]


def decode(path, fps=25.0, width=WIDTH, height=HEIGHT):
    decoder = Decoder(path, width, height, fps)
    return numbers(decoder.frames()), decoder.notes


def unusable(path, **options) -> str:
    with pytest.raises(UnusableVideo) as caught:
        decode(path, **options)
    return str(caught.value)


def test_every_frame_of_a_steady_video_is_used(tmp_path):
    path = write_video(tmp_path / "a.avi", [picture(n) for n in range(30)])
    assert decode(path) == ([(n + 1, n) for n in range(30)], [])
    assert (next(Decoder(path, WIDTH, HEIGHT, 25).frames())[1] == picture(0)).all()
    assert count_frames(path) == 30


def test_a_faster_video_is_taken_at_the_times_of_the_rate(tmp_path):
    path = write_video(tmp_path / "a.avi", [picture(n) for n in range(20)], rate=50)
    assert decode(path) == (
        [(n + 1, 2 * n) for n in range(10)],
        [Note(None, "50 frames/s, taken at the times of 25 (data.fps)")],
    )


def test_a_video_of_varying_rate_is_taken_at_the_times_of_the_rate(tmp_path):
    times = [0, 0.04, 0.08, 0.1, 0.12, 0.16, 0.2, 0.28, 0.32, 0.34]  # seconds
    path = write_video(tmp_path / "a.mkv", [picture(n) for n in range(10)], times=times)
    frames, notes = decode(path)
    # 0.10 and 0.34 lie between two ticks, and the tick before has a picture of its own; 0.24 has none.
    assert frames == [(1, 0), (2, 1), (3, 2), (4, 4), (5, 5), (6, 6), (8, 7), (9, 8)]
    assert notes == [Note(4, "varying frame rate, 20 to 80 ms between frames; taken at the times of 25 frames/s")]


def test_a_slower_video_is_not_usable(tmp_path):
    path = write_video(tmp_path / "a.avi", [picture(n) for n in range(5)], rate=15)
    assert unusable(path) == "15 frames/s, expected 25 (data.fps)"


def test_another_frame_size_is_not_usable(tmp_path):
    path = write_video(tmp_path / "a.avi", [picture(0)])
    assert unusable(path, width=320, height=240) == (
        "64 x 48 pixels, expected 320 x 240 (data.frame_width, data.frame_height)"
    )


def turned(path: Path) -> None:
    """Write into an MP4's track header that it shall be shown turned by 90 degrees clockwise, as a phone does."""
    content = bytearray(path.read_bytes())
    header = content.index(b"tkhd") + 4
    matrix = header + 4 + 5 * 4 + 8 + 8  # version and flags, times, track, duration; reserved; layer to volume
    content[matrix : matrix + 36] = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, HEIGHT << 16, 0, 1 << 30)
    path.write_bytes(content)


def test_a_phones_rotation_is_undone(tmp_path):
    path = write_video(tmp_path / "a.mp4", [picture(20)] * 5)
    turned(path)
    decoder = Decoder(path, HEIGHT, WIDTH, 25)
    frames = [image for _, image in decoder.frames()]
    assert len(frames) == 5
    assert frames[0].shape == (WIDTH, HEIGHT, 3)
    # The red corner, upper left before, is upper right when turned clockwise.
    corners = [frames[0][y, x].astype(int) for y in (8, -8) for x in (8, -8)]
    assert [bool(red > 200 and green < 60) for red, green, _ in corners] == [False, True, False, False]
    assert decoder.notes == [Note(None, "turned by 90 degrees clockwise, as its metadata say")]


def test_a_broken_frame_is_named_and_the_rest_is_used(tmp_path):
    path = write_video(tmp_path / "a.avi", [picture(n) for n in range(10)])
    content = bytearray(path.read_bytes())
    start = 0
    for _ in range(4):  # the fourth picture, in the middle of its data
        start = content.index(b"IDAT", start) + 4
    content[start + 8 : start + 24] = bytes(16)
    path.write_bytes(content)
    frames, notes = decode(path)
    assert frames == [(n + 1, n) for n in range(10) if n != 3]
    assert [note.frame for note in notes] == [4]
    assert notes[0].reason.startswith("broken frame")


def test_a_truncated_file_is_used_up_to_its_end_and_reported(tmp_path):
    path = write_video(tmp_path / "a.avi", [picture(n) for n in range(30)])
    content = path.read_bytes()
    pictures = [match.start() for match in re.finditer(b"00dc", content) if match.start() > content.index(b"movi")]
    path.write_bytes(content[: pictures[16]])  # where the seventeenth picture begins
    assert decode(path) == (
        [(n + 1, n) for n in range(16)],
        [Note(16, "cut short: the file ends after 16 of 30 frames")],
    )


def test_a_file_that_is_no_video_is_named(tmp_path):
    path = tmp_path / "a.avi"
    path.write_bytes(b"hello")
    assert unusable(path) == "not a video that can be read (Invalid data found when processing input)"
    path.write_bytes(b"")
    assert unusable(path).startswith("not a video that can be read (")
    whole = write_video(tmp_path / "b.mp4", [picture(n) for n in range(30)]).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])  # an MP4's index stands at its end
    assert unusable(path) == "not a video that can be read (Invalid data found when processing input)"
    assert count_frames(path) == 0


def test_sound_alone_is_no_video(tmp_path):
    import av

    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    assert unusable(path) == "no video in it, expected a stream of pictures"


def encoded(path: Path, codec: str, frames: int = 10, aspect: str = "1/1") -> Path:
    """A video in a container and codec of cameras; ``aspect`` is a pixel's width over its height."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(aspect)
        stream.bit_rate = 4_000_000
        for n in range(frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(n), format="rgb24")))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.ts", "h264"),
        ("a.ts", "mpeg2video"),
        ("a.mts", "h264"),
        ("a.m2ts", "h264"),
        ("a.3gp", "mpeg4"),
        ("a.mpg", "mpeg2video"),
        ("a.webm", "libvpx"),
        ("a.flv", "flv"),
        ("a.ogv", "libtheora"),
        ("a.vob", "mpeg2video"),
        ("a.asf", "wmv2"),
    ],
)
def test_containers_of_cameras_and_phones_are_read(tmp_path, name, codec):
    path = tmp_path / name
    try:
        encoded(path, codec)
    except ValueError:
        pytest.skip(f"the encoder {codec} is not in this build of FFmpeg")
    frames, notes = decode(path)
    assert ([number for number, _ in frames], notes) == (list(range(1, 11)), [])


def test_pixels_that_are_not_square_are_stretched_and_reported(tmp_path):
    path = encoded(tmp_path / "a.mp4", "mpeg4", aspect="4/3")
    decoder = Decoder(path, 85, HEIGHT, 25)  # 64 columns x 4/3
    images = [image for _, image in decoder.frames()]
    assert {image.shape for image in images} == {(HEIGHT, 85, 3)}
    assert (images[5][4:20, 4:36, 0] > 200).all()  # the red corner, 32 columns wide before
    assert (images[5][4:20, 48:, 0] < 60).all()
    assert decoder.notes == [Note(None, "pixels of 4:3, stretched from 64 to 85 columns")]


def test_stretched_pixels_count_for_the_size(tmp_path):
    path = encoded(tmp_path / "a.mp4", "mpeg4", aspect="4/3")
    assert unusable(path) == (
        "85 x 48 pixels once its pixels of 4:3 are square, expected 64 x 48 (data.frame_width, data.frame_height)"
    )
    wide = encoded(tmp_path / "b.mp4", "h264", aspect="16/1")
    assert unusable(wide).startswith("1024 x 48 pixels once its pixels of 16:1 are square, expected 64 x 48")


def test_the_cover_of_a_sound_file_is_no_video(tmp_path):
    import av
    from av.stream import Disposition

    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        sound, cover = container.add_stream("aac", rate=8000), container.add_stream("png", rate=25)
        cover.width, cover.height, cover.pix_fmt = WIDTH, HEIGHT, "rgb24"
        cover.disposition = Disposition.attached_pic
        container.mux(cover.encode(av.VideoFrame.from_ndarray(picture(0), format="rgb24")))
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 8000
        container.mux(sound.encode(frame))
        container.mux(sound.encode())
    assert unusable(path) == "no video in it, expected a stream of pictures"
    assert count_frames(path) == 0


def test_a_video_of_one_frame_has_one_frame(tmp_path):
    path = write_video(tmp_path / "a.avi", [picture(7)])
    assert decode(path) == ([(1, 7)], [])


def test_a_container_without_frames_is_not_usable(tmp_path):
    import av

    path = tmp_path / "a.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("png", rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "rgb24"
        container.start_encoding()
    assert unusable(path) in (
        "no frame in it that can be read",
        "not a video that can be read (Invalid data found when processing input)",
    )
