"""Deblurring: a blurry photograph and the spikes of its exposure to sharp frames."""
