import torch

from spikecam.reconstruction.shared_features import SharedFeatures


class Counter:
    """Features of 4 bytes, the frame at which each begins."""

    def __init__(self):
        self.encoded = []

    def __call__(self, start):
        self.encoded.append(start)
        return torch.tensor([start], dtype=torch.float32)


def film(pictures, max_bytes):
    """Make pictures of these starts; which were encoded."""
    encode, shared = Counter(), SharedFeatures(max_bytes)
    for i, starts in enumerate(pictures):
        later = [start for following in pictures[i + 1 :] for start in following]
        features = shared.compute(starts, later, encode)
        assert [int(one) for one in features] == list(starts)
    return encode.encoded


def test_each_window_is_encoded_once():
    pictures = [(t, t + 2, t + 4) for t in range(10)]
    encoded = film(pictures, max_bytes=1000)
    assert sorted(encoded) == list(range(14))


def test_what_is_needed_last_is_given_up_where_memory_is_short():
    pictures = [(0, 1), (1, 2), (0, 2)]
    assert film(pictures, max_bytes=8) == [0, 1, 2]
    # Of 0 and 1, 1 is needed next; of 1 and 2, 2.
    assert film(pictures, max_bytes=4) == [0, 1, 2, 0]
    assert film(pictures, max_bytes=0) == [0, 1, 1, 2, 0, 2]


def test_nothing_is_kept_that_no_later_picture_needs():
    encode, shared = Counter(), SharedFeatures(1000)
    shared.compute((0, 1), (1, 2), encode)
    assert list(shared._features) == [1]
