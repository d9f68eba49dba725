"""Declaration of the method `wgse`, by the network of `spikecam.networks.wgse`."""

from spikecam.reconstruction.window_network import window_network_method

METHOD = window_network_method(
    "wgse",
    "WGSE, a residual network on wavelets along time; with weights of your own",
    "Zhang et al., AAAI 2023",
)
