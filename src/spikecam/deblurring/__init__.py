"""A blurry photograph and the spikes of the same moment to the sharp film inside it."""
