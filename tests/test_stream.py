import itertools
import re
from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from spikecam import pixel_index
from spikecam.errors import GeometryError, OptionError, RangeError
from spikecam.orientation import Orientation
from spikecam.stream import SpikeStream


@given(st.integers(1, 300), st.integers(1, 9), st.integers(1, 20), st.integers(0, 99), st.data())
def test_counts_and_reads_of_any_span_match_the_array(frames, height, width, seed, data):
    array = np.random.default_rng(seed).integers(0, 2, (frames, height, width), np.uint8)
    stream = SpikeStream.from_array(array)
    start = data.draw(st.integers(0, frames))
    stop = data.draw(st.integers(start, frames))
    assert np.array_equal(stream.count(start, stop), array[start:stop].sum(axis=0))
    assert np.array_equal(stream.read(start, stop), array[start:stop])
    assert np.array_equal(np.asarray(stream[start:stop]), array[start:stop])


def test_counts_beyond_a_byte_do_not_wrap():
    stream = SpikeStream.from_array(np.ones((1000, 2, 3), bool))
    assert (stream.count() == 1000).all()


def test_a_slice_is_a_view_and_reads_nothing():
    class Store:
        shape = (1_000_000, 2)
        read = ()

        def __getitem__(self, index):
            self.read += (index,)
            return np.zeros((index.stop - index.start, 2), np.uint8)

    store = Store()
    view = SpikeStream(store, (4, 4))[1000:][:500]
    assert len(view) == 500
    assert store.read == ()
    view.read(10, 51)
    assert store.read == (slice(1010, 1051),)


def test_indices_follow_python_but_never_leave_the_recording(spikes):
    array = spikes(10, 3, 4)
    stream = SpikeStream.from_array(array)
    assert np.array_equal(stream[-1], array[-1])
    assert np.array_equal(np.asarray(stream[-4:-1]), array[-4:-1])
    for wrong in (slice(5, 11), slice(7, 3), 10, -11):
        with pytest.raises(RangeError, match="0:10"):
            stream[wrong]
    with pytest.raises(OptionError, match="step"):
        stream[::2]


def test_a_stream_iterates_over_its_frames(spikes):
    array = spikes(4, 2, 3)
    assert np.array_equal(np.stack(list(SpikeStream.from_array(array))), array)


def test_a_slice_keeps_the_rate_and_an_exposure_that_it_holds(spikes):
    packed = SpikeStream.from_array(spikes(10, 2, 8)).packed()
    stream = SpikeStream(packed, (2, 8), rate=100, exposure=(3, 7))
    assert stream.duration == 0.1
    assert stream[2:8].exposure == (1, 5)
    assert stream[2:8].duration == 0.06
    assert stream[4:8].exposure is None
    assert stream.with_rate(50).duration == 0.2


@pytest.mark.parametrize(
    ("frame", "length", "span"), [(20, 41, (0, 41)), (50, 1, (50, 51)), (79, 41, (59, 100))]
)
def test_windows_are_centred(frame, length, span):
    stream = SpikeStream.from_array(np.zeros((100, 1, 1)))
    assert stream.window(frame, length) == span


def test_a_window_that_leaves_the_recording_names_the_allowed_range():
    stream = SpikeStream.from_array(np.zeros((100, 1, 1)))
    for frame in (19, 80, -1, 100):
        with pytest.raises(RangeError, match="from 20 to 79"):
            stream.window(frame, 41)
    with pytest.raises(RangeError, match="longer than the recording"):
        stream.window(50, 101)
    for length in (0, -3, 40):
        with pytest.raises(OptionError, match="odd number"):
            stream.window(50, length)


def test_only_zeros_and_ones_are_spikes():
    with pytest.raises(OptionError, match="0 or 1"):
        SpikeStream.from_array(np.full((2, 3, 4), 2))
    with pytest.raises(OptionError, match="frames, height, width"):
        SpikeStream.from_array(np.zeros((3, 4)))


def test_a_store_must_fit_the_geometry():
    with pytest.raises(GeometryError, match=r"\(frames, 2\)"):
        SpikeStream(np.zeros((5, 3), np.uint8), (4, 4))
    with pytest.raises(GeometryError, match="at least 1"):
        SpikeStream(np.zeros((5, 3), np.uint8), (0, 4))
    with pytest.raises(OptionError, match="rate"):
        SpikeStream(np.zeros((5, 2), np.uint8), (4, 4), rate=0)
    with pytest.raises(RangeError, match="0:5"):
        SpikeStream(np.zeros((5, 2), np.uint8), (4, 4), exposure=(2, 6))


def test_blocks_cover_the_stream_in_order():
    stream = SpikeStream.from_array(np.zeros((100, 4, 4)))
    blocks = stream.block_spans(14)
    assert blocks[0] == (0, 7)
    assert blocks[-1] == (98, 100)
    assert all(a[1] == b[0] for a, b in itertools.pairwise(blocks))


def test_errors_call_a_recording_by_its_name():
    stream = SpikeStream.from_array(np.zeros((9, 1, 1))).with_name("car.dat")
    with pytest.raises(RangeError, match=r"leaves car\.dat of 9 frames"):
        stream.window(9, 1)
    with pytest.raises(RangeError, match=r"leave car\.dat"):
        stream.count(-5)


def test_packed_frames_are_bytes():
    with pytest.raises(OptionError, match="uint8"):
        SpikeStream(np.zeros((5, 2), np.int64), (4, 4))


def test_a_crop_is_what_numpy_cuts(spikes):
    array = spikes(9, 13, 21)
    stream = SpikeStream.from_array(array, rate=1000)
    for rows, columns in (((0, 13), (0, 21)), ((3, 10), (5, 18)), ((12, 13), (20, 21))):
        expected = array[:, slice(*rows), slice(*columns)]
        cut = stream.crop(rows, columns)
        assert np.array_equal(np.asarray(cut), expected)
        assert np.array_equal(cut.count(), expected.sum(0))
        assert np.array_equal(
            cut[2:5].packed_rows(), SpikeStream.from_array(expected)[2:5].packed_rows()
        )
    assert stream[2:, -5:, :7].shape == (7, 5, 7)
    assert stream[2:, -5:, :7].rate == 1000
    exposed = SpikeStream(stream.packed(), (13, 21), exposure=(3, 6))
    assert exposed[2:, 1:4, 1:4].exposure == (1, 4)


def test_an_oriented_stream_keeps_name_rate_and_exposure_and_knows_its_sensor(spikes):
    packed = SpikeStream.from_array(spikes(9, 13, 21)).packed()
    stream = SpikeStream(packed, (13, 21), rate=1000, exposure=(3, 6)).with_name("car.dat")
    assert stream.orient(Orientation()) is stream
    turned = stream.flip("vertical").rotate(90).crop((0, 20), (1, 13))
    assert repr(turned) == "SpikeStream('car.dat', T=9, 20x12, 1000 Hz)"
    assert turned.exposure == (3, 6)
    assert (turned.sensor_shape, stream.sensor_shape) == ((13, 21), (13, 21))
    assert turned[2:].orientations == (
        Orientation(flip="vertical"),
        Orientation(rotate=90),
        Orientation(crop=((0, 20), (1, 13))),
    )
    for wrong in (lambda: stream.flip("up"), lambda: stream.rotate(45)):
        with pytest.raises(OptionError, match="not"):
            wrong()


def test_crops_that_leave_the_picture_are_refused(spikes):
    stream = SpikeStream.from_array(spikes(3, 4, 5)).with_name("a.dat")
    with pytest.raises(RangeError, match=r"columns 3:9 are not inside a\.dat, whose columns"):
        stream.crop((0, 4), (3, 9))
    with pytest.raises(RangeError, match="rows 2:2"):
        stream[:, 2:2, :]
    for index in ((slice(None), [1], slice(None)), (slice(None), slice(None))):
        with pytest.raises(OptionError, match="slices of frames, rows and columns"):
            stream[index]


@pytest.mark.parametrize(
    "index",
    [
        np.s_[2, :, :],
        np.s_[-1, 3, 4],
        np.s_[:, 3, 4],
        np.s_[2:9, ::2, 5:1:-1],
        np.s_[::3, 1:7, :],
        np.s_[1::4, :, 2],
        np.s_[8:2:-3, :, ::5],
        np.s_[5:5:2, :, 1:3],
    ],
)
@pytest.mark.parametrize("block_pixels", [1, 300, 1 << 20])
def test_whole_numbers_and_steps_give_pixels_as_in_numpy(spikes, monkeypatch, index, block_pixels):
    monkeypatch.setattr(pixel_index, "_BLOCK_PIXELS", block_pixels)
    array = spikes(10, 9, 11)
    pixels = SpikeStream.from_array(array)[index]
    assert not isinstance(pixels, SpikeStream)
    assert pixels.shape == array[index].shape
    assert np.array_equal(pixels, array[index])


def test_torch_takes_a_stream(spikes):
    array = spikes(5, 3, 7)
    stream = SpikeStream.from_array(array)
    for take in (torch.as_tensor, torch.asarray, torch.tensor, torch.from_dlpack):
        tensor = take(stream)
        assert tensor.dtype == torch.uint8
        assert np.array_equal(tensor.numpy(), array)


def test_dask_reads_the_frames_of_a_chunk_alone(spikes):
    dask_array = pytest.importorskip("dask.array", reason="needs dask")
    array = spikes(40, 3, 8)

    class Store:
        shape = (40, 3)
        dtype = np.dtype(np.uint8)
        read = ()

        def __getitem__(self, index):
            self.read += ((index.start, index.stop),)
            return SpikeStream.from_array(array).packed(index.start, index.stop)

    store = Store()
    lazy = dask_array.from_array(SpikeStream(store, (3, 8)), chunks=(16, -1, -1), name="spikes")
    assert (lazy.shape, lazy.dtype) == (array.shape, np.uint8)
    assert lazy.chunks[0] == (16, 16, 8)
    assert store.read == ()
    calm = {"scheduler": "sync"}
    assert np.array_equal(lazy.blocks[1].compute(**calm), array[16:32])
    assert store.read == ((16, 32),)
    assert np.array_equal(lazy.compute(**calm), array)
    for index in (np.s_[33], np.s_[::7], np.s_[5:30, 1:, ::3], np.s_[:, 2, 4], np.s_[::-1]):
        assert np.array_equal(lazy[index].compute(**calm), array[index])
    assert np.allclose(lazy.mean(axis=0).compute(**calm), array.mean(0))


def test_it_has_the_attributes_of_an_array_and_says_its_file(spikes):
    stream = SpikeStream.from_array(spikes(3, 4, 5), rate=20_000)
    assert (stream.ndim, stream.dtype, stream.size, stream.nbytes) == (3, np.uint8, 60, 9)
    named = stream.with_name("folder/<car>.dat")
    assert repr(named) == "SpikeStream('<car>.dat', T=3, 4x5, 20000 Hz)"
    table = named._repr_html_()
    assert "&lt;car&gt;.dat" in table
    assert "5 x 4" in table


def thumbnail(stream):
    """The picture in a stream's HTML, and the number of its pictures."""
    (data,) = re.findall(r'src="data:image/png;base64,([^"]+)"', stream._repr_html_())
    return np.asarray(Image.open(BytesIO(b64decode(data))))


def test_a_notebook_shows_the_picture_of_the_middle():
    frames = np.zeros((1000, 6, 8), np.uint8)
    frames[:400] = frames[600:] = 1
    frames[480:520, :3] = 1
    assert thumbnail(SpikeStream.from_array(frames)).tolist() == [[255] * 8] * 3 + [[0] * 8] * 3
    wide = SpikeStream(np.zeros((3, 80_000), np.uint8), (400, 1600))
    assert thumbnail(wide).shape == (60, 240)


def test_a_notebook_shows_more_frames_of_little_light():
    frames = np.zeros((1000, 2, 2), np.uint8)
    frames[420, 0] = 1
    assert thumbnail(SpikeStream.from_array(frames)).tolist() == [[255, 255], [0, 0]]


def test_a_notebook_describes_what_cannot_be_read():
    class Store:
        shape = (1000, 2)

        def __getitem__(self, index):
            assert index.stop - index.start <= 300
            raise OSError("the disk is gone")

    for stream in (SpikeStream(Store(), (4, 4)), SpikeStream.from_array(np.ones((1, 2, 3)))[:0]):
        html = stream._repr_html_()
        assert html.startswith("<table>")
        assert "frames" in html
