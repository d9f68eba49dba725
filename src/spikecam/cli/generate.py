"""``spikecam generate``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import spikecam as sc
from spikecam.cli.old_options import (
    AtOption,
    BitsOption,
    CameraOption,
    FpnOption,
    FpsOption,
    OutOption,
    SizeOption,
    TruncateOption,
    open_recording,
    parse_count,
    parse_frames,
    parse_span,
    read_fpn,
    refuse_both,
)
from spikecam.cli.output import check_out, write_frames

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def generate(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="[BLUR] [SPIKES]",
            help="The blurry picture, the recording, or both.",
            show_default=False,
        ),
    ],
    out: OutOption,
    size: SizeOption = None,
    camera: CameraOption = None,
    truncate: TruncateOption = False,
    exposure: Annotated[
        str | None,
        typer.Option("--exposure", metavar="A:B", help="Frames during which BLUR was exposed."),
    ] = None,
    frames: Annotated[
        str | None,
        typer.Option(
            "--frames",
            metavar="N|A:B[:STEP]",
            help="How many frames, spread over the exposure, or which.",
        ),
    ] = None,
    at: AtOption = None,
    mix: Annotated[
        float | None,
        typer.Option(
            "--mix",
            help="From 0, the picture alone, to 1, spikes alone.",
            show_default="0.5",
        ),
    ] = None,
    samples: Annotated[
        int | None, typer.Option("--samples", help="How many to draw.", show_default="8")
    ] = None,
    steps: Annotated[
        int, typer.Option("--steps", help="Of DDIM, 1 to 100; 1 gives the mean at once.")
    ] = 10,
    seed: Annotated[int, typer.Option("--seed", help="Of the noise.")] = 0,
    spread: Annotated[
        Path | None,
        typer.Option("--spread", metavar="OUT", help="How far samples differ, pixel by pixel."),
    ] = None,
    each: Annotated[
        Path | None,
        typer.Option("--each", metavar="FOLDER", help="Every sample of the one frame."),
    ] = None,
    weights: Annotated[
        str,
        typer.Option("--weights", metavar="NAME|FILE", help="Of SpikeGen."),
    ] = "spikegen",
    autoencoder: Annotated[
        str,
        typer.Option(
            "--autoencoder",
            metavar="NAME|FILE|FOLDER",
            help="That the weights are for; a folder of diffusers.",
        ),
    ] = "autoencoder",
    device: Annotated[
        str, typer.Option("--device", help="Where the network runs: auto, cpu or cuda.")
    ] = "auto",
    fpn: FpnOption = None,
    fps: FpsOption = 30,
    bits: BitsOption = 8,
) -> None:
    """Generate samples of the sharp picture from spikes, a blurry picture, or both; their mean.

    Of a picture and spikes it is one moment or a film; of spikes alone firing rates, in gray.
    """
    blur, spikes = _sorted(inputs)
    refuse_both(at, frames)
    declared = sc.find_method("spikegen", sc.Takes.SPIKES_OR_PICTURE)
    options: dict[str, Any] = {
        "mix": mix,
        "samples": samples,
        "steps": steps,
        "seed": seed,
        "weights": weights,
        "autoencoder": autoencoder,
        "device": device,
    }
    parsed = declared.parse_options(options)
    stream = None if spikes is None else open_recording(spikes, size, camera, truncate)
    span = None
    if exposure is not None:
        if stream is None or blur is None:
            raise sc.OptionError("--exposure goes with a blurry picture and spikes")
        span = parse_span(exposure, "--exposure", len(stream))
    if stream is None:
        _refuse_of_spikes({"--size": size, "--camera": camera, "--fpn": fpn, "--frames": frames})
    chosen: Sequence[int] = [0]
    if stream is None:
        if at is not None:
            raise sc.OptionError("a picture alone has one moment; leave the frame out")
    elif frames is not None:
        chosen = (
            parse_frames(frames, "--frames", len(stream))
            if ":" in frames
            else sc.evenly_spaced_frames(
                stream, parse_count(frames), span, declared.window(parsed, stream)
            )
        )
    else:
        exposed = None if blur is None else sc.resolve_exposure(stream, span)
        chosen = [sc.middle_frame(stream, exposed) if at is None else at]
    if spread is not None and parsed.sample_count == 1:
        raise sc.OptionError(
            "--spread tells how far samples differ, and there is one; choose 2 samples or more, of "
            "2 steps or more"
        )
    outputs = [path for path in (out, spread, each) if path is not None]
    if len({path.absolute() for path in outputs}) < len(outputs):
        raise sc.OutputError(f"{out} is named for several outputs; give each a name of its own")
    for path in (out, spread):
        if path is not None:
            check_out(path, inputs, len(chosen), fps=fps, bits=bits)
    if each is not None:
        if len(chosen) > 1:
            raise sc.OptionError("--each goes with one frame; choose it with --at")
        if sc.kind_of(each) != "folder":
            raise sc.OutputError(f"{each} is no name of a folder, which --each takes")
        check_out(each, inputs, 2, fps=fps, bits=bits)
    found = sc.generate_frames(
        blur,
        stream,
        frames=None if stream is None else chosen,
        exposure=span,
        fpn=read_fpn(fpn),
        **options,
    )
    spreads: list[npt.NDArray[np.float32]] = []

    def means() -> Iterator[npt.NDArray[np.float32]]:
        for one in found:
            if spread is not None:
                spreads.append(one.spread)
            if each is not None:
                sc.save(each, one.samples, bits=bits, frame_indices=range(len(one.samples)))
            yield one.mean

    write_frames(out, means(), chosen, fps=fps, bits=bits, label="Generating")
    if each is not None:
        print(f"{each}: {parsed.sample_count} samples")
    if spread is not None:
        _write_spread(spread, spreads, chosen, fps=fps, bits=bits)


def _sorted(inputs: list[Path]) -> tuple[Path | None, Path | None]:
    """The picture and the recording, either of which may be missing."""
    pictures = [path for path in inputs if sc.is_picture(path)]
    others = [path for path in inputs if path not in pictures]
    if len(pictures) > 1 or len(others) > 1:
        named = " and ".join(str(path) for path in (pictures if len(pictures) > 1 else others))
        what = "are both pictures" if len(pictures) > 1 else "are no pictures, neither of them"
        raise sc.OptionError(f"{named} {what}; give one picture, one recording, or both")
    return next(iter(pictures), None), next(iter(others), None)


def _refuse_of_spikes(options: dict[str, Any]) -> None:
    """Refuse options that say nothing of a picture alone."""
    for name, value in options.items():
        if value is not None:
            raise sc.OptionError(f"{name} is of spikes, and there is a picture alone; leave it out")


def _write_spread(
    out: Path, spreads: list[Any], numbers: Sequence[int], *, fps: float, bits: int
) -> None:
    """Save spreads, stretched by the same factor, which is said."""
    import numpy as np

    from spikecam.generation.generated import white_spread

    white = white_spread(spreads)
    stretched = (np.minimum(one / one.dtype.type(white), 1) for one in spreads)
    rate = fps if sc.kind_of(out) == "video" else None
    sc.open_output(out, fps=rate, bits=bits).write(stretched, numbers)
    mean = sum(float(one.mean()) for one in spreads) / len(spreads)
    print(f"{out}: standard deviation of the samples, {mean:.4f} on average; white is {white:.4f}")
