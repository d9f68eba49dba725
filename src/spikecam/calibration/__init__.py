"""Calibration of a camera from recordings of known scenes."""
