"""Figures published in the papers, to print beside measured ones. None was rerun here.

SpikeReveal: NeurIPS 2024, Tables 1 to 4. SpikeGen: its Tables 2, 3, 4 and 8. PSNR is in dB; their
SSIM of deblurring is taken to be on pictures in [-1, 1], as SpikeReveal's authors computed it.
"""

from __future__ import annotations

from typing import Any

NOTE = "published, not rerun"

Figures = dict[Any, Any]

# Of a sequence of 7 frames: PSNR and SSIM at V_th = 1, 2, 4, and parameters.
_SEQUENCE = {
    "LEVS": (21.155, 0.601, 21.155, 0.601, 21.155, 0.601, "4.97 M"),
    "Motion-ETR": (21.955, 0.610, 21.955, 0.610, 21.955, 0.610, "6.55 M"),
    "BiT": (23.644, 0.698, 23.644, 0.698, 23.644, 0.698, "11.3 M"),
    "TRMD + DASR": (27.323, 0.784, 21.198, 0.601, 18.567, 0.523, "19.3 M"),
    "RED + DASR": (24.456, 0.741, 23.178, 0.674, 21.942, 0.608, "9.76 M"),
    "REFID + DASR": (28.124, 0.819, 15.288, 0.339, 13.623, 0.274, "15.9 M"),
    "SpkDeblurNet": (28.307, 0.834, 14.406, 0.299, 11.621, 0.202, "13.4 M"),
    "S-SDM": (26.893, 0.757, 26.367, 0.740, 25.433, 0.699, "0.23 M"),
    "SpikeGen": (29.30, 0.84, 28.78, 0.82, 28.07, 0.81, None),
}
# Of the middle frame at V_th = 1.
_MODULES = {
    "I-1: SDM": (23.012, 0.486),
    "I-2: BSN, SDM": (24.634, 0.661),
    "I-3: BSN, SR, SDM": (26.144, 0.708),
    "I-4: LDN": (27.928, 0.786),
}
_LOSSES = {
    "II-1: reblur 10 alone": (23.102, 0.441),
    "II-2: teacher alone": (26.563, 0.723),
    "II-3: teacher, reblur 10": (27.345, 0.762),
    "II-4: teacher, reblur 50": (27.742, 0.778),
    "II-5: teacher, reblur 100": (27.928, 0.786),
    "II-6: teacher, reblur 200": (27.620, 0.783),
}
# LIQE of Board-L, Board-M, Board-H, Face, Earphone, and their average as printed: that of S-SDM's
# five scenes is 1.9987.
_RSB = {
    "LEVS": (1.0010, 1.0342, 1.0400, 1.0029, 1.1382, 1.0433),
    "Motion-ETR": (1.0153, 1.0064, 1.0279, 1.0023, 1.1724, 1.0449),
    "BiT": (1.0002, 1.0069, 1.0473, 1.0138, 1.6155, 1.1367),
    "SpkDeblurNet": (1.8493, 1.3232, 2.2698, 1.2210, 2.6606, 1.8648),
    "S-SDM": (2.0955, 1.3872, 2.4208, 1.3814, 2.7087, 2.1987),
}
# On SREDS: PSNR, SSIM, LPIPS, NIQE, BRISQUE; on momVidar2021: NIQE, BRISQUE.
_RECONSTRUCTION = {
    "TFP": (25.35, 0.69, 0.26, 5.97, 43.07, 9.34, 45.20),
    "TFI": (18.50, 0.64, 0.26, 4.52, 44.93, 10.10, 58.31),
    "TFSTP": (20.68, 0.62, 0.28, 5.35, 51.70, 10.92, 64.57),
    "ET-Net": (34.57, 0.94, 0.05, 3.40, 17.16, 6.51, 17.39),
    "HyperE2VID": (36.37, 0.95, 0.05, 3.13, 16.77, 6.306, 17.02),
    "SSIR": (32.61, 0.92, 0.05, 3.47, 15.66, 5.75, 25.34),
    "Spk2ImgNet": (36.13, 0.95, 0.03, 3.08, 15.35, 5.66, 16.52),
    "WGSE": (37.44, 0.96, 0.02, 3.03, 15.56, 5.62, 16.15),
    "STIR": (38.79, 0.97, 0.02, 2.92, 14.84, 5.39, 15.85),
    "SpikeGen": (39.25, 0.98, 0.01, 2.83, 14.99, 5.33, 15.97),
}
# On REDS-BASE, all trained anew by one hand, 41 frames in (Spike-Zoo v0.2.3): PSNR, SSIM, LPIPS
# (AlexNet), NIQE, BRISQUE. Those of TFI, TFP and SpikeCLIP are of pictures stretched from their
# least to their greatest value.
_REDS_BASE = {
    "TFI": (25.10, 0.726, 0.318, 7.40, 46.4),
    "TFP": (28.17, 0.770, 0.261, 8.06, 47.3),
    "SpikeCLIP": (21.87, 0.578, 0.333, 7.80, 42.1),
    "SSIR": (26.54, 0.718, 0.325, 4.77, 28.5),
    "SSML": (33.70, 0.943, 0.088, 4.67, 32.5),
    "five convolutions": (36.59, 0.965, 0.034, 4.39, 26.2),
    "STIR": (37.91, 0.973, 0.027, 4.24, 25.1),
    "WGSE": (39.04, 0.978, 0.023, 4.23, 25.8),
    "Spk2ImgNet": (39.15, 0.978, 0.022, 4.24, 25.2),
    "BSF": (39.58, 0.979, 0.019, 4.14, 24.9),
}
# PSNR of new views: objects of NeRF's synthetic scenes, and scenes of Deblur-NeRF; 800x800.
_VIEWS = {
    "3DGS on clear pictures": (33.31, 30.27),
    "3DGS on blurry pictures": (26.95, 23.38),
    "Deblur-NeRF": (23.71, 28.77),
    "DeblurGS": (28.47, 23.55),
    "Spike-NeRF": (28.24, 18.14),
    "SpikeGS": (30.18, 28.06),
    "3DGS on TFI": (29.97, 26.96),
    "3DGS on TFP": (30.11, 27.51),
    "3DGS on SpikeGen": (31.81, 28.26),
}


def view_figures() -> dict[str, Figures]:
    """Published PSNR of new views, of objects and out of doors (SpikeGen Tables 4 and 8)."""
    return {
        name: dict(zip(("objects", "out of doors"), row, strict=True))
        for name, row in _VIEWS.items()
    }


def sequence_figures() -> dict[str, Figures]:
    """Published figures of sequences (SpikeReveal Table 1, SpikeGen Table 2).

    By method; the keys of each are (metric, V_th) and "parameters".
    """
    columns = [(metric, v) for v in (1, 2, 4) for metric in ("psnr", "ssim_s_sdm")]
    return {
        name: {**dict(zip(columns, row, strict=False)), "parameters": row[-1]}
        for name, row in _SEQUENCE.items()
    }


def module_figures() -> dict[str, Figures]:
    """Published PSNR and SSIM of the ablation of S-SDM's modules (SpikeReveal Table 2).

    By configuration; the keys of each are (metric, V_th).
    """
    return {name: _psnr_and_ssim(row) for name, row in _MODULES.items()}


def loss_figures() -> dict[str, Figures]:
    """Published PSNR and SSIM of the ablation of S-SDM's losses (SpikeReveal Table 3).

    By configuration; the keys of each are (metric, V_th).
    """
    return {name: _psnr_and_ssim(row) for name, row in _LOSSES.items()}


def rsb_figures() -> dict[str, Figures]:
    """Published LIQE on the real pairs of RSB, by method and scene (SpikeReveal Table 4)."""
    scenes = ("Board-L", "Board-M", "Board-H", "Face", "Earphone", "average")
    return {name: dict(zip(scenes, row, strict=True)) for name, row in _RSB.items()}


def reconstruction_figures(real: bool) -> dict[str, Figures]:
    """Published figures of reconstruction on SREDS, or on the real momVidar2021.

    By method and metric (SpikeGen Table 3).
    """
    names = ("psnr", "ssim", "lpips", "niqe", "brisque")
    return {
        name: dict(zip(names[3:], row[5:], strict=True) if real else zip(names, row, strict=False))
        for name, row in _RECONSTRUCTION.items()
    }


def reds_base_figures() -> dict[str, Figures]:
    """Published figures of reconstruction on REDS-BASE, by method and metric (Spike-Zoo v0.2.3)."""
    names = ("psnr", "ssim", "lpips", "niqe", "brisque")
    return {name: dict(zip(names, row, strict=True)) for name, row in _REDS_BASE.items()}


def format_figure(figure: float | None) -> str | None:
    """A published figure as text, with the digits printed in the paper.

    None stays None.
    """
    return None if figure is None else str(figure)


def _psnr_and_ssim(row: tuple[float, float]) -> Figures:
    return {("psnr", 1): row[0], ("ssim_s_sdm", 1): row[1]}
