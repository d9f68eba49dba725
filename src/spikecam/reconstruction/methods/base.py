"""Declaration of the method `base`, by the network of `spikecam.networks.base`."""

from spikecam.reconstruction.window_network import window_network_method

METHOD = window_network_method(
    "base",
    "five plain convolutions, of Spike-Zoo",
    "Spike-Zoo, 2025",
)
