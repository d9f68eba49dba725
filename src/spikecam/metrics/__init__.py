"""Image quality metrics: against the truth, or of a picture alone."""
