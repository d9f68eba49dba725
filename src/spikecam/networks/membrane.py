"""Membranes of integrate-and-fire neurons, read out after several lengths of time.

    V(t) = V(t-1) + gamma(x, y) S(t)

(supplement of "Seeing Through Blur", Eq. 14): every spike is weighed by its pixel's fixed pattern
as it is integrated. The neurons are read out before they fire, and every span of frames has a
neuron of its own: the representation at several time scales. A pixel's weight is the same in all of
a window; where weights follow the interval that each spike ends, it is
`spikecam.reconstruction.membrane`. Neither the moment of the readout nor
that all spans lie around the same frame is said in the supplement; both are ours.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from spikecam.errors import OptionError


class Membrane(nn.Module):
    """Membrane potentials of integrate-and-fire neurons.

    There are no weights, and the gradient is exact.

    With gamma = 1 it counts. Counts are whole numbers and each is weighed once, so that a processor
    and a GPU give the same, to the bit.
    """

    def forward(
        self, spikes: Tensor, spans: Sequence[tuple[int, int]], spike_weights: Tensor | None = None
    ) -> Tensor:
        """Sum the weighed spikes in each span, (B, K, H, W).

        These are the membrane potentials, in spikes.

        Args:
            spikes: (B, T, H, W), zeros and ones, of any type.
            spans: K spans (start, stop) of frames.
            spike_weights: what a spike of each pixel weighs, gamma, (B, 1, H, W) or (1, 1, H, W);
                None for 1.

        Raises:
            OptionError: a span that leaves the spikes, or ends before it begins.
        """
        length = spikes.shape[1]
        for start, stop in spans:
            if not 0 <= start <= stop <= length:
                raise OptionError(
                    f"a span is start:stop within the {length} frames that there are, not "
                    f"{start}:{stop}"
                )
        counts = [spikes[:, start:stop].sum(1, dtype=torch.float32) for start, stop in spans]
        counted = torch.stack(counts, dim=1)
        return counted if spike_weights is None else spike_weights * counted
