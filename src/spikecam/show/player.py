"""Player: a film in a notebook or on a page, as HTML that needs nothing else."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from string import Template
from typing import Any
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from spikecam.errors import OptionError
from spikecam.frames import Frames, choose_frames
from spikecam.io.paths import PathLike
from spikecam.io.pictures import encode_picture
from spikecam.io.recording import as_stream
from spikecam.method import Takes, find_method
from spikecam.picture import Picture, as_floats
from spikecam.reconstruction.method_choice import AUTO, resolve_method
from spikecam.reconstruction.reconstruct import all_frames, reconstruct_frames
from spikecam.show.display import DisplayMapping
from spikecam.show.shrunk_picture import shrink_picture
from spikecam.stream import SpikeStream

# A saved notebook holds all of it.
MAX_PICTURES, MAX_BYTES = 300, 10_000_000
_DEFAULT_PICTURES = 40
_SIZES = (32, 2000)
_JPEG_QUALITY = 85
# Below this width the slider has no room; smaller pictures are enlarged.
_LEAST_WIDTH = 320

_PAGE = Template("""\
<div id="${id}" style="max-width: ${width}px">
<img style="width: 100%; display: block" alt="${label}" src="data:image/jpeg;base64,${picture}">
<div style="display: flex; gap: 0.6em; align-items: center; padding: 0.4em 0">
<button type="button" style="width: 5em; padding: 0.1em; border: 1px solid">Play</button>
<input type="range" aria-label="Frame" min="0" max="${last}" value="${middle}" style="flex: 1">
<output style="min-width: 9em">${label}</output>
</div>
<script>
(() => {
  const root = document.getElementById("${id}");
  const [image, button, slider, text] =
    ["img", "button", "input", "output"].map((name) => root.querySelector(name));
  const pictures = ${pictures};
  const labels = ${labels};
  let timer = null;
  const show = (place) => {
    slider.value = place;
    image.src = "data:image/jpeg;base64," + pictures[place];
    image.alt = text.textContent = labels[place];
  };
  slider.oninput = () => show(Number(slider.value));
  button.onclick = () => {
    if (timer === null) {
      const next = () => show((Number(slider.value) + 1) % pictures.length);
      timer = setInterval(next, ${milliseconds});
    } else {
      clearInterval(timer);
      timer = null;
    }
    button.textContent = timer === null ? "Play" : "Pause";
  };
})();
</script>
</div>
""")


@dataclass(frozen=True)
class Player:
    """A film with a slider and a button, which a notebook shows as the value of a cell.

    The HTML holds its pictures as JPEG data and loads nothing. Where scripts do not run, it is the
    picture of the middle.

    Attributes:
        jpegs: files of the pictures.
        labels: text beside the slider for each of them.
        width: in pixels on the page.
        fps: pictures a second.
    """

    jpegs: Sequence[bytes]
    labels: Sequence[str]
    width: int
    fps: float

    def to_html(self) -> str:
        """HTML to put anywhere into a page. Each call has an identifier of its own."""
        pictures = [b64encode(jpeg).decode() for jpeg in self.jpegs]
        middle = len(pictures) // 2
        return _PAGE.substitute(
            id=f"spikecam-{uuid4().hex}",
            width=max(self.width, _LEAST_WIDTH),
            last=len(pictures) - 1,
            middle=middle,
            milliseconds=f"{1000 / self.fps:.0f}",
            label=self.labels[middle],
            labels=json.dumps(list(self.labels)),
            picture=pictures[middle],
            pictures=json.dumps(pictures),
        )

    def _repr_html_(self) -> str:
        return self.to_html()

    def __repr__(self) -> str:
        return f"Player({len(self.jpegs)} pictures, {self.labels[0]} to {self.labels[-1]})"


def player(
    content: SpikeStream | PathLike | Iterable[npt.ArrayLike],
    /,
    method: str = AUTO,
    *,
    frames: Frames | None = None,
    fps: float = 10,
    size: int = 480,
    **options: Any,
) -> Player:
    """Make a player for a notebook, of a recording by any method, or of pictures.

    Args:
        content: a recording or its path; or pictures (H, W) or (H, W, 3), floats in [0, 1] or
            uint8, as an array with a leading axis or any iterable, such as `deblur_frames` gives.
        method: for a recording, as of `reconstruct`. The firing rates are stretched for the eye,
            all of them alike.
        frames: for a recording, how many or which, as of `reconstruct`; 40 by default. For
            pictures, the frame index of each.
        fps: pictures a second, 0.1 to 50.
        size: longest side in pixels to which larger pictures are reduced, 32 to 2000.
        options: of the method.

    Raises:
        OptionError: more than 300 pictures or 10 MB of JPEG, one picture alone, a method or
            options for pictures, values outside [0, 1], or what `reconstruct` refuses.
        RangeError: frames that leave the recording.
    """
    if not 0.1 <= fps <= 50:
        raise OptionError(f"a player shows 0.1 to 50 pictures a second, not {fps:g}")
    if not _SIZES[0] <= size <= _SIZES[1]:
        raise OptionError(f"the size of a player is {_SIZES[0]} to {_SIZES[1]} pixels, not {size}")
    if isinstance(content, (SpikeStream, str, os.PathLike)):
        stream = as_stream(content)
        indices, rates = _rates(stream, method, frames, options)
        _check_count(len(indices))
        small = [_reduce(rate, size) for rate in rates]
        pictures: Iterable[Picture] = map(DisplayMapping.fit(np.stack(small)), small)
        labels = [_label(index, stream.rate) for index in indices]
    else:
        if method != AUTO or options:
            raise OptionError("pictures are made already; leave the method and its options out")
        if isinstance(content, np.ndarray) and (content.ndim == 2 or _is_colour(content)):
            raise OptionError(
                "a player shows a sequence of pictures, and this is one; give it as [picture]"
            )
        whole = islice(content, MAX_PICTURES + 1)
        pictures, labels = (_reduce(as_floats(one), size) for one in whole), []
    jpegs, width = _encode(pictures)
    return Player(jpegs, labels or _numbers(frames, len(jpegs)), width, fps)


def _is_colour(pictures: npt.NDArray[Any]) -> bool:
    """Whether an array is one picture in colours; one of pictures 3 pixels wide is taken as one."""
    return pictures.ndim == 3 and pictures.shape[2] == 3


def _rates(
    stream: SpikeStream, method: str, frames: Frames | None, options: dict[str, Any]
) -> tuple[Sequence[int], Iterator[Picture]]:
    """Frame indices, and their firing rates."""
    if frames is None:
        frames = min(_DEFAULT_PICTURES, len(all_frames(stream, method, **options)))
    method, options, _ = resolve_method(stream, method, options, frames)
    declared = find_method(method, Takes.SPIKES)
    window = declared.window(declared.parse_options(options), stream)
    indices = choose_frames(stream, None, frames, window=window)
    return indices, reconstruct_frames(stream, method, frames=indices, **options)


def _check_count(count: int) -> None:
    if not 0 < count <= MAX_PICTURES:
        raise OptionError(f"a player holds 1 to {MAX_PICTURES} pictures; choose fewer frames")


def _reduce(picture: Picture, size: int) -> Picture:
    """A smaller picture, which is a copy: who makes pictures may write the next one over it."""
    return np.array(shrink_picture(picture, size))


def _encode(pictures: Iterable[Picture]) -> tuple[list[bytes], int]:
    """JPEG files of pictures of one size, and their width."""
    jpegs: list[bytes] = []
    shape: tuple[int, ...] | None = None
    for picture in pictures:
        shape = shape or picture.shape
        if picture.shape != shape:
            raise OptionError(f"pictures of a player differ in size: {shape} and {picture.shape}")
        jpegs.append(encode_picture(np.clip(picture, 0, 1), "jpeg", quality=_JPEG_QUALITY))
        _check_count(len(jpegs))
        if sum(map(len, jpegs)) > MAX_BYTES:
            raise OptionError(
                f"a player holds {MAX_BYTES // 1_000_000} MB, and {len(jpegs)} pictures have more; "
                "choose fewer frames or a smaller size"
            )
    _check_count(len(jpegs))
    assert shape is not None
    return jpegs, shape[1]


def _label(index: int, rate: float | None) -> str:
    return f"frame {index}" + ("" if rate is None else f", {1000 * index / rate:.2f} ms")


def _numbers(frames: Frames | None, count: int) -> list[str]:
    """Labels of pictures that were made already."""
    if frames is None:
        return [f"picture {place}" for place in range(count)]
    if not isinstance(frames, (Sequence, np.ndarray)) or len(frames) != count:
        raise OptionError(f"{count} pictures need the index of a frame each, not {frames!r}")
    return [_label(index, None) for index in frames]
