"""Declaration of SpkDeblurNet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spikecam.errors import OptionError
from spikecam.networks.architecture import (
    Architecture,
    InputConfig,
    PublishedCheckpoint,
    Shapes,
    count_layers,
)
from spikecam.networks.config_checks import check_minimum


@dataclass(frozen=True)
class SpkDeblurNetConfig:
    """Sizes of SpkDeblurNet, by default the published ones.

    Attributes:
        frames: spike frames around the moment; the published checkpoints have 56, 65 or 33.
        picture_width: channels of the branch of the picture.
        spike_width: channels of the branch of the spikes.
        picture_blocks: blocks of each of the six groups of the picture.
        spike_blocks: blocks of each of the two groups of the spikes.
        heads: of attention within windows.
        fusion_heads: of attention between both branches.
        mlp_ratio: width of the perceptrons after attention within windows, in that of a token.
        mask_width: channels of the motion mask.
    """

    frames: int = 56
    picture_width: int = 180
    spike_width: int = 60
    picture_blocks: int = 6
    spike_blocks: int = 6
    heads: int = 6
    fusion_heads: int = 4
    mlp_ratio: int = 2
    mask_width: int = 32

    def __post_init__(self) -> None:
        check_minimum(
            self,
            frames=1,
            picture_width=1,
            spike_width=1,
            picture_blocks=1,
            spike_blocks=1,
            heads=1,
            fusion_heads=1,
            mlp_ratio=1,
            mask_width=1,
        )
        for width in (self.picture_width, self.spike_width):
            for heads in (self.heads, self.fusion_heads):
                if width % heads:
                    raise OptionError(f"{width} channels cannot be shared among {heads} heads")


@dataclass(frozen=True)
class SpkDeblurNetInputConfig(InputConfig):
    """Constants of the input of SpkDeblurNet.

    The input is the blurry picture in [0, 1], RGB, the spikes of ``SpkDeblurNetConfig.frames``
    frames, and the inverse interval between spikes in their middle.

    Attributes:
        interval_gain: by which inverse intervals, in spikes a frame, are multiplied.
    """

    kind: ClassVar[str] = "picture-spikes-intervals"

    interval_gain: float = 2.0

    def __post_init__(self) -> None:
        if not self.interval_gain > 0:
            raise OptionError(f"interval_gain is above 0, not {self.interval_gain}")


def _infer_config(shapes: Shapes) -> SpkDeblurNetConfig:
    attention = "picture_groups.0.blocks.0"
    picture_width = shapes["picture_encoder.0.weight"][0]
    return SpkDeblurNetConfig(
        frames=shapes["spike_encoder.weight"][1],
        picture_width=picture_width,
        spike_width=shapes["spike_encoder.weight"][0],
        picture_blocks=count_layers(shapes, "picture_groups.0.blocks"),
        spike_blocks=count_layers(shapes, "spike_groups.0.blocks"),
        heads=shapes[f"{attention}.attention.relative_position_bias_table"][1],
        fusion_heads=shapes["picture_fusion.attention.temperature"][0],
        mlp_ratio=shapes[f"{attention}.mlp.0.weight"][0] // picture_width,
        mask_width=shapes["motion_mask.conv.weight"][0],
    )


def _group_layers(theirs: str, ours: str) -> tuple[tuple[str, str], ...]:
    """Names of the layers of a group; both may stand for several groups by a number."""
    first = theirs.count("(") + 1
    block = rf"{theirs}\.residual_group\.blocks\.(\d+)"
    our_block = rf"{ours}.blocks.\{first}"
    return (
        (rf"{theirs}\.last_layer", f"{ours}.conv"),
        (rf"{block}\.norm1", f"{our_block}.attention_norm"),
        (rf"{block}\.attn", f"{our_block}.attention"),
        (rf"{block}\.attn\.(qkv|proj)", rf"{our_block}.attention.\{first + 1}"),
        (rf"{block}\.norm2", f"{our_block}.mlp_norm"),
        (rf"{block}\.mlp\.fc1", f"{our_block}.mlp.0"),
        (rf"{block}\.mlp\.fc2", f"{our_block}.mlp.2"),
    )


def _fusion_layers(theirs: str, ours: str) -> tuple[tuple[str, str], ...]:
    """Names of the layers of attention between both branches."""
    names = (("q", "query"), ("k", "key"), ("v", "value"))
    return (
        (rf"{theirs}\.norm1_model1\.body", f"{ours}.query_norm"),
        (rf"{theirs}\.norm1_model2\.body", f"{ours}.context_norm"),
        (rf"{theirs}\.norm1_model1_1\.body", f"{ours}.mlp_norm"),
        (rf"{theirs}\.attn", f"{ours}.attention"),
        *((rf"{theirs}\.attn\.{short}", f"{ours}.attention.{name}.0") for short, name in names),
        *(
            (rf"{theirs}\.attn\.{short}_dwconv", f"{ours}.attention.{name}.1")
            for short, name in names
        ),
        (rf"{theirs}\.attn\.project_out", f"{ours}.attention.proj"),
        (rf"{theirs}\.ffn\.fc1", f"{ours}.mlp.0"),
        (rf"{theirs}\.ffn\.fc2", f"{ours}.mlp.2"),
    )


ARCHITECTURE = Architecture(
    kind="spkdeblurnet",
    config=SpkDeblurNetConfig,
    input_config=SpkDeblurNetInputConfig,
    module="spikecam.networks.spkdeblurnet:SpkDeblurNet",
    published=PublishedCheckpoint(
        authors="SpkDeblurNet",
        marker=r"cammm\.conv2",
        layers=(
            (r"D_conv_down\.([02])", r"picture_encoder.\1"),
            (r"S_conv_down\.0", "spike_encoder"),
            (r"conv_masked_blur\.([02])", r"masked_encoder.\1"),
            *_group_layers(r"D_layers\.(\d)", r"picture_groups.\1"),
            # Their first two groups of the spikes have no effect.
            *_group_layers(r"S_layers\.2", "spike_groups.0"),
            *_group_layers(r"S_layers\.3", "spike_groups.1"),
            (r"S_conv_after_body", "spike_conv"),
            (r"D_mid_shuffle_up\.0", "quick_picture"),
            (r"D_last_shuffle_up\.0", "sharp_picture"),
            (r"S_shuffle_up\.0", "spike_picture"),
            *_fusion_layers("cross_attention_1", "spike_fusion"),
            *_fusion_layers("cross_attention_2", "picture_fusion"),
            (r"cammm\.conv1", "motion_mask.conv"),
            (r"cammm\.sca\.1", "motion_mask.channel_gain"),
            (r"cammm\.conv2", "motion_mask.predict"),
        ),
        infer_config=_infer_config,
        unused=(
            (r"[DS]_layers\.\d\.residual_group\.blocks\.\d+\.attn_mask", None),
            (r"[DS]_layers\.\d\.residual_group\.blocks\.\d+\.attn\.relative_position_index", None),
            (r"S_layers\.[01]\..*", None),
            (r"[DS]_conv_reduce\.0\.(weight|bias)", None),
        ),
    ),
)
