"""Declaration of the method `ssml`, by the network of `spikecam.networks.ssml`."""

from spikecam.reconstruction.window_network import window_network_method

METHOD = window_network_method(
    "ssml",
    "SSML, trained without truth by a blind spot; with weights of your own",
    "Chen et al., IJCAI 2022",
)
