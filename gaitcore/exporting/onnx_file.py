"""An exported network as an ONNX file: the same bytes each time, without paths of the machine."""

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from gaitcore.errors import ConfigError, shown
from gaitcore.files import replacing

PACKAGES = ("onnx", "onnxruntime", "onnxscript")
OPSET = 20
OUTPUT = "embedding"


def check_installed() -> None:
    """Raise a ConfigError where a package is missing that an export needs."""
    if missing := [package for package in PACKAGES if find_spec(package) is None]:
        raise ConfigError(
            f"Export to ONNX needs packages that are not installed: {', '.join(missing)}. Install them with: make onnx"
        )


def write_onnx(
    network: nn.Module,
    frames: Tensor,
    path: Path,
    *,
    name: str,
    any_length: bool,
    metadata: Mapping[str, str],
    title: str,
) -> None:
    """Write an ONNX file, whole or not at all.

    Args:
        network: (B, T, ...) -> (B, ...), in evaluation mode.
        frames: an example of its input, with B and T at least 2 and different.
        path: the file.
        name: of the graph's input; its output is ``embedding``.
        any_length: whether T may differ from that of the example; B may in any case.
        metadata: key -> text, kept in the file.
        title: of the network, for messages.

    Raises:
        ConfigError: ONNX has no counterpart of something that the network computes, or it is bound to the length of
            the example.
    """
    import onnx

    dynamic = {0: torch.export.Dim.DYNAMIC, **({1: torch.export.Dim.DYNAMIC} if any_length else {})}
    try:
        with _quiet():
            program = torch.export.export(network, (frames,), dynamic_shapes=(dynamic,), strict=False)
            found = torch.onnx.export(
                program, dynamo=True, opset_version=OPSET, input_names=[name], output_names=[OUTPUT], verbose=False
            )
    except Exception as error:  # the exporter's errors have no common class
        reason = shown(" ".join(str(error.__cause__ or error).split()))
        length = " with any number of frames" if any_length else ""
        raise ConfigError(f"{title} cannot be exported to ONNX{length}; PyTorch's exporter says: {reason}.") from None
    assert found is not None
    model = found.model_proto
    _without_traces(model)
    (graph_input,), (graph_output,) = model.graph.input, model.graph.output
    for value, axes in ((graph_input, ("batch", "frames") if any_length else ("batch",)), (graph_output, ("batch",))):
        for axis, of in enumerate(axes):
            value.type.tensor_type.shape.dim[axis].dim_param = of
    del model.metadata_props[:]
    for key, text in sorted(metadata.items()):
        model.metadata_props.add(key=key, value=text)
    onnx.checker.check_model(model)
    with replacing(path) as unfinished:
        unfinished.write_bytes(model.SerializeToString(deterministic=True))


class OnnxNetwork:
    """An ONNX file run by onnxruntime on one thread."""

    def __init__(self, path: Path):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = 1, 3
        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.version = str(onnxruntime.__version__)

    def __call__(self, frames: Tensor) -> np.ndarray:
        """(B, T, ...) frames -> (B, ...) embeddings."""
        (embeddings,) = self._session.run(None, {self._session.get_inputs()[0].name: frames.numpy()})
        return np.asarray(embeddings)


def _without_traces(model) -> None:  # type: ignore[no-untyped-def]
    """Leave out where in the source each operation is, with the paths of this machine, and the shapes in between."""
    del model.graph.value_info[:]
    model.graph.doc_string = ""
    del model.graph.metadata_props[:]
    parts = [model.graph.node, model.graph.input, model.graph.output, model.graph.initializer]
    for functions in model.functions:
        parts.append(functions.node)
        del functions.metadata_props[:], functions.value_info[:]
    for part in parts:
        for one in part:
            one.doc_string = ""
            del one.metadata_props[:]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporter's messages and warnings on the way."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "torch.export", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
