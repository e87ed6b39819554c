"""Who trains and who is compared with whom: one file a kind, found by its name (``protocol.kind``)."""
