import numpy as np
import pytest

from spikecam import rows
from spikecam.errors import OptionError
from spikecam.reconstruction.methods.tfstp import (
    WARM_UP_FRAMES,
    Plasticity,
    Synapses,
    TfstpOptions,
    _log_in_place,
    tfstp,
)
from spikecam.stream import SpikeStream


@pytest.fixture(scope="module")
def parity(data):
    path = data.parent / "parity" / "tfstp.npz"
    if not path.is_file():
        pytest.skip(f"no {path}, which the field's TFSTP made")
    return dict(np.load(path))


def test_state_and_pictures_are_those_of_the_field(parity):
    stream = SpikeStream.from_array(parity["spikes"])
    synapses = Synapses(40, 56, Plasticity())
    seen = 0
    for frame in (40, 80, 159):
        synapses.advance(stream.packed_rows(seen, frame + 1))
        seen = frame + 1
        for name, rtol in (("R", 1e-6), ("u", 1e-6), ("rho", 2e-5)):
            np.testing.assert_allclose(
                getattr(synapses, name), parity[f"{name}.{frame}"], rtol=rtol, atol=0
            )


def test_pictures_are_the_state_whatever_the_blocks(parity, monkeypatch):
    monkeypatch.setattr(rows, "_BLOCK_BYTES", 4 * 40 * 56 * 7)
    stream = SpikeStream.from_array(parity["spikes"])
    pictures = list(tfstp(stream, range(35, 160), TfstpOptions()))
    for frame in (40, 80, 159):
        np.testing.assert_allclose(pictures[frame - 35], parity[f"rho.{frame}"], rtol=2e-5)
    np.testing.assert_allclose(
        next(tfstp(stream, range(80, 81), TfstpOptions())), pictures[80 - 35], rtol=1e-4
    )
    some = list(tfstp(stream, range(35, 160, 20), TfstpOptions()))
    assert np.array_equal(np.stack(some), np.stack(pictures[::20]))


def test_what_is_passed_over_leaves_the_state_that_pictures_leave(spikes):
    array = spikes(3000, 3, 21, rate=0.05)
    array[500:2500, 0] = 0
    stream = SpikeStream.from_array(array)
    seen, passed = (Synapses(3, 21, Plasticity()) for _ in range(2))
    for start, stop in ((0, 700), (700, 1900), (1900, 3000)):
        seen.advance(stream.packed_rows(start, stop), np.empty((stop - start, 3, 21), np.float32))
        passed.advance(stream.packed_rows(start, stop))
        np.testing.assert_allclose(passed.R, seen.R, rtol=1e-6)
        np.testing.assert_allclose(passed.u, seen.u, rtol=1e-6)
        np.testing.assert_allclose(passed.rho, seen.rho, rtol=1e-2, atol=1e-6)


def test_a_warm_up_reads_no_frame_before_it(spikes):
    array = spikes(900, 3, 21, rate=0.05)
    stream = SpikeStream.from_array(array)
    whole = next(tfstp(stream, range(800, 801), TfstpOptions()))
    warm = next(tfstp(stream, range(800, 801), TfstpOptions(warm_up=WARM_UP_FRAMES)))
    assert np.abs(warm - whole).max() < 1 / 255
    array[: 800 - WARM_UP_FRAMES] = 1
    other = SpikeStream.from_array(array)
    again = next(tfstp(other, range(800, 801), TfstpOptions(warm_up=WARM_UP_FRAMES)))
    assert np.array_equal(again, warm)
    # A pixel that was silent meanwhile is black; the whole recording leaves it its last rate.
    array[:, 0, 0] = np.arange(900) < 100
    dark = SpikeStream.from_array(array)
    values = [
        next(tfstp(dark, range(800, 801), TfstpOptions(warm_up=n)))[0, 0] for n in (512, None)
    ]
    assert values[0] == 0 < values[1]
    with pytest.raises(OptionError, match="from 0, not -1"):
        TfstpOptions(warm_up=-1)


def test_before_the_first_spike_is_black_and_white_is_one(steady):
    stream = SpikeStream.from_array(np.ones((30, 2, 9)))
    assert (next(tfstp(stream, range(29, 30), TfstpOptions())) == 1).all()
    assert not next(tfstp(steady(np.zeros((2, 9)), 30), range(29, 30), TfstpOptions())).any()


def test_other_constants_follow_the_formula(spikes):
    array = spikes(60, 2, 3)
    p = Plasticity(u0=0.2, D=3.0, F=20.0, f=0.1)
    R, u, last = np.ones((2, 3)), np.full((2, 3), p.u0), np.full((2, 3), -1)
    for t, frame in enumerate(array):
        d = t - last
        new_R = 1 - (1 - R * (1 - u)) * np.exp(-d / p.D)
        new_u = p.u0 + (u + p.f * (1 - u) - p.u0) * np.exp(-d / p.F)
        R, u = np.where(frame, new_R, R), np.where(frame, new_u, u)
        last = np.where(frame, t, last)
    by_u = np.log((u - p.u0) / (p.F - p.u0 + u * (1 - p.f)))
    by_R = np.log((1 - R) / (1 - R * (1 - u)))
    rho = -1 / (p.F * by_u) - 1 / (p.D * by_R)
    picture = next(tfstp(SpikeStream.from_array(array), range(59, 60), TfstpOptions(plasticity=p)))
    assert np.allclose(picture, np.minimum(rho, 1), rtol=1e-4)


def test_constants_that_cannot_be_are_refused():
    for wrong in ({"u0": 0}, {"D": 0}, {"F": -1}, {"f": 1}):
        with pytest.raises(OptionError, match="u0 must be"):
            Plasticity(**wrong)


def test_our_logarithm_is_the_logarithm():
    x = np.concatenate([np.geomspace(1e-37, 1e3, 20_000), [1.0, 0.0]]).astype(np.float32)
    expected = np.log(x[:-1].astype(float))
    _log_in_place(x, len(x))
    assert x[-1] == -np.inf
    assert np.abs(x[:-1] - expected).max() < 8e-6
    near_one = np.abs(expected) < 1
    assert np.abs(x[:-1] - expected)[near_one].max() < 2e-7
