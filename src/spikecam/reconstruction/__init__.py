"""Spikes alone to pictures: TFP, TFI and TFSTP, one method a file."""
