"""Videos for the tests: walkers drawn as one coloured blob per joint, and ONNX models that see exactly those.

The models are real ones: onnxruntime runs them, and what they say is computed from the pixels. A joint's colour has a
channel at 255, so that an edge toward the black background is no other joint's colour.
"""

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from pathlib import Path

import av
import cv2
import numpy as np
import onnx
import onnx.numpy_helper
import onnx.parser

from gaitcore.digests import file_digest
from gaitcore.keys import SequenceKey
from gaitcore.modalities.keypoints.skeleton import INDEX, LINKS
from gaitcore.modalities.keypoints.walkers.cameras import VIEWS
from gaitcore.modalities.keypoints.walkers.walkers import WalkerSettings, walk

Paint = Callable[[np.ndarray], np.ndarray]
COLOURS = np.array([colour for colour in product((0, 128, 255), repeat=3) if max(colour) == 255][:17], np.uint8)
RADIUS = 4  # pixels, of a blob
WIDTH, HEIGHT = 320, 240
GREY = (90, 90, 90)  # of a body: too dim for the person model, and no joint's colour
DIM = 45  # half as bright
MEAN, SPREAD = np.array([123.675, 116.28, 103.53]), np.array([58.395, 57.12, 57.375])

PERFECT = WalkerSettings(subjects=9, min_frames=40, max_frames=60)


def draw(*people: np.ndarray, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """A frame (height, width, 3) of RGB bytes with people (17, 2), in pixels, on it."""
    image = np.zeros((height, width, 3), np.uint8)
    for points in people:
        for point, colour in zip(points, COLOURS, strict=True):
            centre = tuple(round(16 * float(value)) for value in point)  # sixteenths of a pixel
            cv2.circle(image, centre, 16 * RADIUS, colour.tolist(), cv2.FILLED, cv2.LINE_AA, shift=4)
    return image


def draw_body(points: np.ndarray) -> np.ndarray:
    """A frame (240, 320, 3) with a person (17, 2) who has a grey body round the joints' blobs."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    trunk = [INDEX[f"{side}_{name}"] for side, name in (("left", "shoulder"), ("right", "shoulder"))]
    trunk += [INDEX[f"{side}_{name}"] for side, name in (("right", "hip"), ("left", "hip"))]
    whole = points.round().astype(int)
    cv2.fillPoly(image, [whole[trunk]], GREY)
    for a, b in LINKS:
        cv2.line(image, whole[a].tolist(), whole[b].tolist(), GREY, 2 * RADIUS + 3)
    cv2.line(image, whole[INDEX["nose"]].tolist(), whole[trunk].mean(axis=0).astype(int).tolist(), GREY, 2 * RADIUS + 3)
    return np.maximum(image, draw(points))


def drawn_on(image: np.ndarray) -> np.ndarray:
    """(H, W) of truth values: where a person is drawn."""
    return image.max(axis=2) >= DIM


def walked(subject: int, condition: str, sequence: int, view: int, settings: WalkerSettings = PERFECT) -> np.ndarray:
    """The joints (T, 17, 2), pixels, of one of the project's synthetic walkers, seen perfectly."""
    return walk(subject, condition, sequence, settings).image[VIEWS.index(view)]


def write_video(path: Path, frames: list[np.ndarray], *, rate: float = 25, times: list[float] | None = None) -> Path:
    """Write frames without loss as AVI, or, where the name ends in .mp4 or .mkv, as MPEG-4; ``times`` in seconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        lossless = path.suffix == ".avi"
        stream = container.add_stream("png" if lossless else "mpeg4", rate=Fraction(rate).limit_denominator(1000))
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "rgb24" if lossless else "yuv420p"
        if not lossless:
            stream.bit_rate = 4_000_000
            stream.codec_context.gop_size = 12
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        for n, image in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            if times is not None:
                frame.pts, frame.time_base = round(1000 * times[n]), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_walk(
    folder: Path, subject: int, condition: str, sequence: int, view: int, frames: int = 40, paint: Paint = draw
) -> np.ndarray:
    """A drawn walker's video under its sequence's name; the joints (T, 17, 2) that were drawn."""
    joints = walked(subject, condition, sequence, view)[:frames]
    name = SequenceKey(f"{subject:03d}", condition, sequence, view).name
    write_video(folder / f"{name}.avi", [paint(points) for points in joints])
    return joints


# --- models ---


def save_model(path: Path, graph: str, **constants: np.ndarray) -> Path:
    """Save a model written in ONNX's text form; constants are float32 arrays the text uses by name."""
    model = onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : 13]>\n{path.stem} {graph}')
    model.graph.initializer.extend(
        onnx.numpy_helper.from_array(np.asarray(value, np.float32), name) for name, value in constants.items()
    )
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


def constant_model(path: Path, takes: tuple[int, int, int, int], *gives: np.ndarray) -> Path:
    """A model that gives the same arrays whatever it sees."""
    outputs = ", ".join(f"float{list(array.shape)} out{n}" for n, array in enumerate(gives))
    sums = "\n".join(f"out{n} = Add (value{n}, nothing)" for n in range(len(gives)))
    graph = f"""(float{list(takes)} image) => ({outputs}) {{
        mean = ReduceMean <keepdims = 0> (image)
        nothing = Mul (mean, zero)
        {sums}
    }}"""
    return save_model(path, graph, zero=0, **{f"value{n}": array for n, array in enumerate(gives)})


def pose_model(path: Path, width: int = 192, height: int = 256) -> Path:
    """Heat maps (N, 17, height, width) from the colour of each pixel of a normalised BGR crop, smoothed a little."""
    graph = f"""(float[n, 3, {height}, {width}] image) => (float[n, 17, {height}, {width}] maps) {{
        scaled = Mul (image, spread)
        bytes = Add (scaled, mean)
        squares = Mul (bytes, bytes)
        norm = Conv (squares, ones)
        product = Conv (bytes, twice_colours, minus_squares)
        minus_distance = Sub (product, norm)
        exponent = Mul (minus_distance, sharpness)
        likeness = Exp (exponent)
        maps = Conv <group = 17, pads = [4, 4, 4, 4]> (likeness, bell)
    }}"""
    colours = COLOURS[:, ::-1].astype(np.float32)  # blue first
    offsets = np.arange(-4, 5)
    bell = np.exp(-(offsets[:, None] ** 2 + offsets**2) / (2 * 2.5**2))
    return save_model(
        path,
        graph,
        spread=SPREAD.reshape(1, 3, 1, 1),
        mean=MEAN.reshape(1, 3, 1, 1),
        ones=np.ones((1, 3, 1, 1)),
        twice_colours=2 * colours[..., None, None],
        minus_squares=-(colours**2).sum(axis=1),
        sharpness=1 / (2 * 40**2),
        bell=np.tile(bell / bell.sum(), (17, 1, 1, 1)),
    )


def mask_model(path: Path, width: int = 128, height: int = 128) -> Path:
    """Probabilities (1, 1, height, width) of a drawn person: near 1 where a pixel of 0 to 1 is bright enough."""
    graph = f"""(float[1, 3, {height}, {width}] image) => (float[1, 1, {height}, {width}] person) {{
        brightest = ReduceMax <axes = [1], keepdims = 1> (image)
        above = Sub (brightest, dim)
        steep = Mul (above, slope)
        person = Sigmoid (steep)
    }}"""
    return save_model(path, graph, dim=DIM / 255, slope=100)


def person_model(path: Path, width: int = WIDTH, height: int = HEIGHT, parts: int = 1) -> Path:
    """Boxes (1, parts, 5) of whatever is bright, one in each of so many upright parts of the frame."""
    edges = np.linspace(0, width, parts + 1).astype(int).tolist()
    looks = "\n".join(_LOOK.replace("#", str(n)) for n in range(parts))
    boxes = ", ".join(f"box{n}" for n in range(parts))
    graph = f"""(float[1, 3, {height}, {width}] image) => (float[1, {parts}, 5] found) {{
        brightest = ReduceMax <axes = [1], keepdims = 0> (image)
        across = Constant <value_ints = [2]> ()
        shape = Constant <value_ints = [1, 1, 1]> ()
        {" ".join(f"from{n} = Constant <value_ints = [{edge}]> ()" for n, edge in enumerate(edges[:-1]))}
        {" ".join(f"to{n} = Constant <value_ints = [{edge}]> ()" for n, edge in enumerate(edges[1:]))}
        {looks}
        found = Concat <axis = 1> ({boxes})
    }}"""
    return save_model(path, graph, dim=100, one=1, **{f"start{n}": edge for n, edge in enumerate(edges[:-1])})


_LOOK = """
part# = Slice (brightest, from#, to#, across)
bright# = Greater (part#, dim)
lit# = Cast <to = 1> (bright#)
columns# = ReduceMax <axes = [1], keepdims = 0> (lit#)
rows# = ReduceMax <axes = [2], keepdims = 0> (lit#)
any# = ReduceMax <keepdims = 0> (lit#)
left_index# = ArgMax <axis = 1, keepdims = 0, select_last_index = 0> (columns#)
right_index# = ArgMax <axis = 1, keepdims = 0, select_last_index = 1> (columns#)
top_index# = ArgMax <axis = 1, keepdims = 0, select_last_index = 0> (rows#)
bottom_index# = ArgMax <axis = 1, keepdims = 0, select_last_index = 1> (rows#)
left_part# = Cast <to = 1> (left_index#)
right_part# = Cast <to = 1> (right_index#)
top# = Cast <to = 1> (top_index#)
bottom_row# = Cast <to = 1> (bottom_index#)
left# = Add (left_part#, start#)
right_column# = Add (right_part#, start#)
right# = Add (right_column#, one)
bottom# = Add (bottom_row#, one)
score# = Reshape (any#, shape)
left_value# = Reshape (left#, shape)
top_value# = Reshape (top#, shape)
right_value# = Reshape (right#, shape)
bottom_value# = Reshape (bottom#, shape)
box# = Concat <axis = 2> (left_value#, top_value#, right_value#, bottom_value#, score#)
"""


def settings(folder: Path, *, people: str = "exactly_one", detect_every: int = 1, parts: int = 1) -> dict:
    """``data.video`` with both models, which are written to ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    pose = pose_model(folder / "pose.onnx", width=96, height=128)  # half of the usual size: four times as fast
    person = person_model(folder / "person.onnx", parts=parts)
    return {
        "list": None,
        "estimator": "onnx",
        "weights": str(pose),
        "sha256": file_digest(pose),
        "channels": "bgr",
        "detector": {"kind": "yolox", "weights": str(person), "sha256": file_digest(person), "score": 0.5},
        "people": people,
        "detect_every": detect_every,
    }


def segmenter(folder: Path) -> dict:
    """``data.silhouettes.segmenter`` with the model of masks, which is written to ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    model = mask_model(folder / "masks.onnx")
    return {"kind": "onnx", "weights": str(model), "sha256": file_digest(model)}
