"""A trained network for other programs: as an ONNX file that holds its input transform, with a model card."""
