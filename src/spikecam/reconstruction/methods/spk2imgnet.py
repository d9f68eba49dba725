"""Declaration of the method `spk2imgnet`, by the network of `spikecam.networks.spk2imgnet`."""

from spikecam.reconstruction.window_network import window_network_method

METHOD = window_network_method(
    "spk2imgnet",
    "Spk2ImgNet, short windows aligned by deformable convolutions; with weights of your own",
    "Zhao et al., CVPR 2021",
)
