"""Names of the blind-spot networks' layers in checkpoints of others, and ours."""

from __future__ import annotations

_STACKS = (
    ("enc1", "down1", 3),
    ("enc2", "down2", 3),
    ("enc3", "bottom", 3),
    ("dec2", "up1", 4),
    ("dec1", "up2", 4),
)


def unet_layers(theirs: str = "", ours: str = "") -> tuple[tuple[str, str], ...]:
    """Patterns of the names of a U-net's layers, behind a pattern and a name of ours."""
    return tuple(
        (rf"{theirs}{name}\.conv{i + 1}\.conv", f"{ours}{our_name}.{i}.conv")
        for name, our_name, count in _STACKS
        for i in range(count)
    )


def mixer_layers(theirs: str = "", ours: str = "") -> tuple[tuple[str, str], ...]:
    """Patterns of the names of the 1x1 convolutions that mix features of four rotations."""
    return tuple((rf"{theirs}nin_{letter}", f"{ours}mix.{2 * i}") for i, letter in enumerate("ABC"))
