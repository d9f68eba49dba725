"""Bags of ROS 2, read back by the library that others read them with."""

import os
from pathlib import Path

import numpy as np
import pytest

from spikecam.errors import OptionError, OutputError, SpikecamError
from spikecam.io.output import open_output
from spikecam.io.ros_bag import TOPIC

pytest.importorskip("rosbags", reason="needs the extra ros")


def read(path):
    """Times in nanoseconds, and messages, of the topic in a bag."""
    from rosbags.rosbag2 import Reader
    from rosbags.typesys import Stores, get_typestore

    types = get_typestore(Stores.ROS2_HUMBLE)
    with Reader(path) as bag:
        assert [(c.topic, c.msgtype) for c in bag.connections] == [(TOPIC, "sensor_msgs/msg/Image")]
        return [(time, types.deserialize_cdr(raw, c.msgtype)) for c, time, raw in bag.messages()]


@pytest.mark.parametrize("shape", [(3, 5), (3, 5, 3)], ids=["gray", "colour"])
@pytest.mark.parametrize("bits", [8, 16])
def test_messages_hold_the_pictures(tmp_path, shape, bits):
    pictures = np.random.default_rng(0).random((4, *shape))
    path = tmp_path / "film.rosbag"
    output = open_output(path, fps=1000, bits=bits)
    assert output.kind == "bag"
    assert not path.exists()
    output.write(iter(pictures), [0, 20, 40, 60])
    assert sorted(os.listdir(path)) == ["film.db3", "metadata.yaml"]
    assert os.listdir(tmp_path) == ["film.rosbag"]
    messages = read(path)
    assert [time for time, _ in messages] == [0, 1_000_000, 2_000_000, 3_000_000]
    for (time, message), picture in zip(messages, pictures, strict=True):
        assert (message.height, message.width) == shape[:2]
        assert message.encoding == ("mono" if len(shape) == 2 else "rgb") + str(bits)
        assert message.step == message.data.size // 3
        stamp = message.header.stamp
        assert stamp.sec * 1_000_000_000 + stamp.nanosec == time
        levels = message.data.view("<u2" if bits == 16 else np.uint8).reshape(shape)
        assert np.array_equal(levels, np.rint(picture * (2**bits - 1)))


def test_without_a_speed_it_is_thirty_a_second(tmp_path):
    open_output(tmp_path / "film.rosbag").write(np.zeros((31, 2, 2)))
    assert read(tmp_path / "film.rosbag")[-1][0] == 1_000_000_000


def test_a_folder_is_replaced_on_request_and_only_if_it_is_a_bag(tmp_path):
    path = tmp_path / "film.rosbag"
    open_output(path).write(np.zeros((2, 2, 2)))
    with pytest.raises(OutputError, match="in use"):
        open_output(path)
    open_output(f"{path}/", overwrite=True).write(np.zeros((3, 2, 2)))
    assert len(read(path)) == 3
    (path / "notes.txt").touch()
    with pytest.raises(OutputError, match=r"holds\s+notes.txt"):
        open_output(path, overwrite=True)


def test_what_cannot_be_is_refused_and_leaves_nothing(tmp_path):
    path = tmp_path / "film.rosbag"
    with pytest.raises(OptionError, match="up to 1000000 frames per second"):
        open_output(path, fps=0)
    with pytest.raises(OptionError, match="8 or 16 bits"):
        open_output(path, bits=12)
    with pytest.raises(SpikecamError, match="linear light"):
        open_output(path, hdr=True)
    for pictures in ([], [np.full((2, 2), 2.0)]):
        with pytest.raises(OptionError, match=r"no frames to write|values in \[0, 1\]"):
            open_output(path).write(pictures)
    assert os.listdir(tmp_path) == []


def test_without_the_package_the_message_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("spikecam.extras.importlib.util.find_spec", lambda name: None)
    with pytest.raises(SpikecamError, match="bags of ROS 2 run: pip install"):
        open_output(tmp_path / "film.rosbag")


def test_the_command_writes_a_bag(spikecam, recordings):
    command = ["reconstruct", recordings[0], "--method", "tfp", "--window", "5"]
    ended = spikecam(*command, "--frames", "10:20:5", "--fps", "2000", "-o", "out.rosbag")
    assert ended.code == 0, ended.err
    assert [time for time, _ in read(Path("out.rosbag"))] == [0, 500_000]
