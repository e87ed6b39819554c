"""Silhouettes: the table of masks, the readers that fill it, and the store that training and evaluation draw from."""
