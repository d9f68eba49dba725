"""Declaration of the method `ssml_simple`, by the network of `spikecam.networks.ssml_simple`."""

from spikecam.reconstruction.window_network import window_network_method

METHOD = window_network_method(
    "ssml_simple",
    "SSML without its motion part, as in SpikeCV; with weights of your own",
    "Chen et al., IJCAI 2022",
)
