import numpy as np
import pytest
import tifffile
from PIL import Image

import spikecam as sc
from spikecam.errors import FileError, OptionError, OutputError
from spikecam.io.pictures import picture_size, read_picture, write_picture


def ramp(*shape):
    return np.linspace(0, 1, int(np.prod(shape)), dtype=np.float32).reshape(shape)


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("suffix", [".png", ".tif", ".tiff"])
@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (1, 1), (31, 2, 3)])
def test_levels_survive_exactly(tmp_path, shape, suffix, bits):
    top = 2**bits - 1
    picture = np.rint(ramp(*shape) * top) / np.float32(top)
    write_picture(tmp_path / f"a{suffix}", picture, bits=bits)
    back = read_picture(tmp_path / f"a{suffix}")
    assert back.dtype == np.float32
    assert np.array_equal(np.rint(back * top), np.rint(picture * top))


def test_jpeg_is_close_and_keeps_colours_in_order(tmp_path):
    picture = np.zeros((32, 32, 3), np.float32)
    picture[..., 0] = 0.8
    write_picture(tmp_path / "a.jpg", picture)
    assert np.abs(read_picture(tmp_path / "a.jpg") - picture).max() < 0.03


@pytest.mark.parametrize("bits", [8, 16])
def test_a_mirrored_picture_has_left_and_right_swapped(tmp_path, bits):
    write_picture(tmp_path / "a.png", ramp(5, 7, 3), bits=bits)
    mirrored = read_picture(tmp_path / "a.png", mirror=True)
    assert np.array_equal(mirrored, read_picture(tmp_path / "a.png")[:, ::-1])
    assert mirrored.flags.c_contiguous


def test_bytes_are_written_as_they_are(tmp_path):
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    write_picture(tmp_path / "a.png", levels)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.png")), levels)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["png", "tiff", "deep.tiff"])
def test_exif_orientation_turns_the_picture_upright(tmp_path, orientation, kind):
    upright = ramp(4, 6, 3)
    # What a camera held that way would have stored.
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.swapaxes(0, 1),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(upright, -1),
    }[orientation]
    if kind == "png":
        image = Image.fromarray(np.rint(stored * 255).astype(np.uint8))
        image.getexif()[274] = orientation
        image.save(tmp_path / "a.png", exif=image.getexif())
    else:
        dtype = np.uint16 if kind == "deep.tiff" else np.uint8
        tifffile.imwrite(
            tmp_path / f"a.{kind}",
            np.rint(stored * np.iinfo(dtype).max).astype(dtype),
            photometric="rgb",
            extratags=[(274, 3, 1, orientation, True)],
        )
    assert np.abs(read_picture(tmp_path / f"a.{kind}") - upright).max() < 0.01


def test_gray_palettes_and_opaque_alpha_are_read(tmp_path):
    image = Image.fromarray(np.arange(12, dtype=np.uint8).reshape(3, 4) * 20)
    for mode, shape in (("1", (3, 4)), ("LA", (3, 4)), ("P", (3, 4, 3)), ("RGBA", (3, 4, 3))):
        image.convert(mode).save(tmp_path / f"{mode}.png")
        assert read_picture(tmp_path / f"{mode}.png").shape == shape


def test_transparency_is_refused(tmp_path):
    Image.new("RGBA", (3, 4), (1, 2, 3, 4)).save(tmp_path / "a.png")
    with pytest.raises(FileError, match="transparent"):
        read_picture(tmp_path / "a.png")


@pytest.mark.parametrize("content", [b"text", b"\x89PNG\r\n\x1a\n broken"])
def test_other_files_are_named(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(FileError, match=r"a\.png is not a readable picture"):
        read_picture(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (np.full((2, 2), 1.1), "run from 1.1 to 1.1"),
        (np.full((2, 2), np.nan), "nan"),
        (np.full((2, 2), -0.1), "scale or clip"),
        (np.zeros((2, 2), int), "uint8"),
        (np.zeros((2, 2, 4)), "height, width"),
        (np.zeros((0, 2)), "height, width"),
    ],
)
def test_nothing_is_clipped_in_silence(tmp_path, picture, message):
    with pytest.raises(OptionError, match=message):
        write_picture(tmp_path / "a.png", picture)
    assert list(tmp_path.iterdir()) == []


def test_formats_that_cannot_be_are_refused(tmp_path):
    with pytest.raises(OptionError, match="JPEG has 8 bits"):
        write_picture(tmp_path / "a.jpg", ramp(2, 2), bits=16)
    with pytest.raises(OptionError, match="8 or 16"):
        write_picture(tmp_path / "a.png", ramp(2, 2), bits=12)
    with pytest.raises(OptionError, match="does not end like a picture"):
        write_picture(tmp_path / "a.xyz", ramp(2, 2))
    (tmp_path / "b.png").mkdir()
    with pytest.raises(OutputError, match="folder"):
        write_picture(tmp_path / "b.png", ramp(2, 2))


@pytest.mark.parametrize(
    ("array", "options", "message"),
    [
        (np.zeros((4, 5), np.float32), {}, "32 bits"),
        (np.zeros((4, 5), np.uint32), {}, "32 bits"),
        (np.zeros((3, 4, 5), np.uint16), {"photometric": "rgb"}, "in planes"),
        (np.zeros((4, 5), np.uint16), {"photometric": "miniswhite"}, "white as 0"),
    ],
)
def test_rare_kinds_of_tiff_are_refused_rather_than_misread(tmp_path, array, options, message):
    tifffile.imwrite(tmp_path / "a.tiff", array, **options)
    with pytest.raises(FileError, match=message):
        read_picture(tmp_path / "a.tiff")


def test_bytes_become_sixteen_bits(tmp_path):
    write_picture(tmp_path / "a.png", np.array([[0, 128, 255]], np.uint8), bits=16)
    assert np.allclose(read_picture(tmp_path / "a.png"), [[0, 128 / 255, 1]], atol=1e-6)


def test_sizes_are_read_without_decoding(tmp_path):
    sc.save(tmp_path / "a.png", np.zeros((5, 9)))
    assert picture_size(tmp_path / "a.png") == (5, 9)
    turned = Image.new("RGB", (9, 5))
    exif = turned.getexif()
    exif[274] = 6
    turned.save(tmp_path / "b.jpg", exif=exif)
    assert (
        picture_size(tmp_path / "b.jpg") == (9, 5) == sc.read_picture(tmp_path / "b.jpg").shape[:2]
    )
    (tmp_path / "c.png").write_text("no picture")
    with pytest.raises(sc.FileError, match="not a readable picture"):
        picture_size(tmp_path / "c.png")
