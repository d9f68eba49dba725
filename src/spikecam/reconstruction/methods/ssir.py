"""Declaration of the method `ssir`, by the network of `spikecam.networks.ssir`."""

from spikecam.reconstruction.window_network import window_network_method

METHOD = window_network_method(
    "ssir",
    "SSIR, a network of spiking neurons; with weights of your own",
    "Zhao et al., TCSVT 2023",
)
