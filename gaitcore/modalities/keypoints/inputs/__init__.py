"""The input transforms by name: one file each, see gaitcore/modalities/keypoints/input.py."""
