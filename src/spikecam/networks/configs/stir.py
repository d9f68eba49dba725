"""Declaration of STIR."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from spikecam.errors import OptionError
from spikecam.networks.architecture import Architecture, PublishedCheckpoint, Shapes
from spikecam.networks.config_checks import check_all_minimum, check_minimum
from spikecam.networks.spikes_input import SpikesInputConfig

# Height and width are halved four times.
SIDE_MULTIPLE = 16


@dataclass(frozen=True)
class STIRConfig:
    """Sizes of STIR, by default the published ones; Spike-Zoo has 41 frames with parts of 15.

    Attributes:
        window: spike frames that make one picture.
        part: odd number of frames in each of three parts, at the window's start, middle and end.
        learned_planes: planes of a part that a block of convolutions makes, besides its means.
        widths: channels at the full resolution and at each of four halvings.
        heads: of the attention at the coarsest level.
        feed_forward_width: channels inside its feed-forward part.
        hidden_width: channels that each level hands to the next finer one.
        extra_flows: further pairs of flows at the full resolution.
    """

    window: int = 61
    part: int = 21
    learned_planes: int = 11
    widths: tuple[int, ...] = (16, 24, 32, 64, 96)
    heads: int = 4
    feed_forward_width: int = 255
    hidden_width: int = 8
    extra_flows: int = 2

    def __post_init__(self) -> None:
        check_minimum(self, part=3, learned_planes=1, heads=1, extra_flows=0)
        check_minimum(self, feed_forward_width=1, hidden_width=1)
        check_all_minimum(self, "widths", 1, count=5)
        if self.part % 2 == 0 or self.window < self.part or (self.window - self.part) % 2:
            raise OptionError(
                f"{self.window} frames have no three parts of {self.part} around their middle; "
                "choose two odd numbers, the part not larger than the window"
            )
        if self.widths[-1] % self.heads:
            raise OptionError(f"{self.widths[-1]} channels are not divided by {self.heads} heads")

    @property
    def part_starts(self) -> tuple[int, int, int]:
        """First frames of the three parts."""
        return 0, (self.window - self.part) // 2, self.window - self.part

    @property
    def representation_planes(self) -> int:
        """Planes that represent a part: means of nested windows, and those that are learned."""
        return len(range(0, self.part // 2, 2)) + self.learned_planes


# Neighbouring parts share a frame in the authors' network, and two in Spike-Zoo's.
_WINDOW_BY_PART = {15: 41}


def _infer_config(shapes: Shapes) -> STIRConfig:
    learned_planes, part = shapes["representation.first.weight"][:2]
    stem, levels = "encoder.stem.0.weight", [f"encoder.levels.{i}.0.weight" for i in range(4)]
    return STIRConfig(
        window=_WINDOW_BY_PART.get(part, 3 * part - 2),
        part=part,
        learned_planes=learned_planes,
        widths=tuple(shapes[name][0] for name in (stem, *levels)),
        heads=shapes["cross_attention.temperature1"][0],
        feed_forward_width=shapes["feed_forward.narrow.weight"][1],
        hidden_width=shapes["bottom.upsample_hidden.weight"][1],
        extra_flows=shapes["bottom.predict_group.weight"][0] // 4,
    )


def _encoder_layers() -> Iterator[tuple[str, str]]:
    for j in range(2):
        yield rf"encoder\.conv0\.net\.{j}", f"encoder.stem.{j}"
    for i in range(4):
        for j in range(2):
            yield rf"encoder\.conv{i + 1}\.net\.{j}", f"encoder.levels.{i}.{j}"
        yield from _residual_layers(rf"encoder\.resblocks{i + 1}", f"encoder.levels.{i}.2")


def _attention_layers() -> Iterator[tuple[str, str]]:
    for theirs, ours in (("norm1", "middle"), ("norm_kv1", "before"), ("norm_kv2", "after")):
        yield rf"transformer\.{theirs}\.body", f"cross_attention.normalise_{ours}"
    for theirs, ours in (("q", "middle"), ("kv1", "before"), ("kv2", "after")):
        yield rf"transformer\.attn\.{theirs}", f"cross_attention.project_{ours}"
        yield rf"transformer\.attn\.{theirs}_dwconv", f"cross_attention.mix_{ours}"
    yield r"transformer\.attn", "cross_attention"
    yield r"transformer\.norm2\.body", "feed_forward.normalise"
    for theirs, ours in (("project_in", "expand"), ("dwconv", "mix"), ("project_out", "narrow")):
        yield rf"transformer\.ffn\.{theirs}", f"feed_forward.{ours}"


def _decoder_layers() -> Iterator[tuple[str, str]]:
    for theirs, ours in (
        ("5nd", "top"),
        ("4nd", "middle.0"),
        ("3rd", "middle.1"),
        ("2nd", "middle.2"),
        ("1st", "bottom"),
    ):
        decoder = rf"decorder_{theirs}\."
        yield from _residual_layers(rf"{decoder}resblocks", f"{ours}.refine")
        if ours == "top":
            for j in range(2):
                yield rf"{decoder}convrelu\.{j}", f"{ours}.fuse.{j}"
        else:
            for i in range(2):
                for j in range(2):
                    yield rf"{decoder}convrelu\.conv{i + 1}\.{j}", f"{ours}.fuse.{2 * i + j}"
            yield rf"{decoder}deconv_flow", f"{ours}.upsample_flow"
            yield rf"{decoder}deconv_hidden", f"{ours}.upsample_hidden"
        if ours == "bottom":
            yield rf"{decoder}predict_flow_group", f"{ours}.predict_group"
            yield rf"{decoder}deconv_flow_group", f"{ours}.upsample_group"
            yield rf"{decoder}predict_img", f"{ours}.predict"
        else:
            yield rf"{decoder}predict_img_flow", f"{ours}.predict"


def _residual_layers(theirs: str, ours: str) -> Iterator[tuple[str, str]]:
    for i, name in enumerate(("first", "second")):
        yield rf"{theirs}\.net\.0\.conv_block\.{i}\.net\.0", f"{ours}.{name}"


ARCHITECTURE = Architecture(
    kind="stir",
    config=STIRConfig,
    input_config=SpikesInputConfig,
    module="spikecam.networks.stir:STIR",
    published=PublishedCheckpoint(
        authors="STIR",
        marker=r"transformer\.attn\.kv2_dwconv",
        layers=(
            (r"resnet\.conv1", "representation.first"),
            (r"resnet\.bn1", "representation.first_norm"),
            (r"resnet\.conv2", "representation.second"),
            (r"resnet\.bn2", "representation.second_norm"),
            (r"resnet\.conv3", "representation.skip"),
            *_encoder_layers(),
            *_attention_layers(),
            *_decoder_layers(),
        ),
        infer_config=_infer_config,
        unused=((r".*\.num_batches_tracked", None),),
    ),
)
