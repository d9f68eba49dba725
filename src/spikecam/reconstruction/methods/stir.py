"""Declaration of the method `stir`, by the network of `spikecam.networks.stir`."""

from spikecam.reconstruction.window_network import window_network_method

METHOD = window_network_method(
    "stir",
    "STIR, three moments related by attention; with weights of your own",
    "Fan et al., NeurIPS 2024",
)
