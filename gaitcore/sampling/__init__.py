"""Which frames of a sequence are used: functions from lengths to frame numbers, one file for each kind."""
