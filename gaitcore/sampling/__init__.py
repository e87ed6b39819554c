"""Which frames of a sequence are used: pure functions from lengths to frame numbers, one file a kind."""
