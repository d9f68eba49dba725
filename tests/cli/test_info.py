import json

import spikecam as sc


def test_it_describes_the_recording(spikecam, recording):
    ended = spikecam("info", recording, "--size", "9x6", "--rate", "1000")
    assert ended.code == 0
    for words in ("60", "9x6", "1000 Hz", "0.06 s", "dead pixels", "saturated"):
        assert words in ended.out


def test_it_describes_the_frames_as_they_are_turned(spikecam, recording):
    ended = spikecam("info", recording, "--size", "9x6", "--rotate", "270", "--crop", ":,2:")
    assert "4x9" in ended.out


def test_json_is_json(spikecam, recording):
    said = json.loads(spikecam("info", recording, "--size", "9x6", "--json").out)
    assert said["file"] == str(recording)
    assert (said["frames"], said["height"], said["width"], said["rate"]) == (60, 6, 9, None)
    assert 0.25 < said["mean_rate"] < 0.35
    assert said["method"]["method"] in sc.method_names(sc.Takes.SPIKES)


def test_of_a_long_recording_a_part_is_counted_unless_all_frames_are_asked_for(
    spikecam, recording, monkeypatch
):
    monkeypatch.setattr("spikecam.recording_summary._BLOCK_BYTES", 7 * 5)
    monkeypatch.setattr("spikecam.recording_summary._MOST_COUNTED_BYTES", 7 * 20)
    ended = spikecam("info", recording, "--size", "9x6")
    assert "  counted      20 frames, spread; all with --all-frames\n" in ended.out
    assert "counted" not in spikecam("info", recording, "--size", "9x6", "--all-frames").out


def test_it_says_which_method_suits(spikecam, recording):
    ended = spikecam("info", recording, "--size", "9x6")
    choice = sc.choose_method(sc.open(recording, shape=(6, 9)))
    line = str(choice).removeprefix("method ")
    assert f"  method       {line}\n" in ended.out
