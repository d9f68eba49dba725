"""spikecam: pictures from spike cameras.

    import spikecam as sc

    spikes = sc.open("car.dat", camera="gen2")
    image = sc.reconstruct(spikes, at=1500, method="tfi")
    sharp = sc.deblur("blur.png", spikes)
    sc.save("sharp.mp4", sharp)

Everything is loaded when it is first used: importing spikecam itself costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spikecam.batches.batch import batch
    from spikecam.batches.job import BatchJob, BatchResult
    from spikecam.calibration.uniform_fields import calibrate_fpn
    from spikecam.data.dpdd import read_dpdd
    from spikecam.data.pairs import Pair
    from spikecam.data.plan import Scene, SynthConfig
    from spikecam.data.reds import read_reds
    from spikecam.data.rsb import read_rsb, write_rsb_pair
    from spikecam.data.spike_gopro import (
        exposure_spans,
        read_spike_gopro,
        write_spike_gopro_pair,
    )
    from spikecam.data.synthesis import Synthesis
    from spikecam.data.uhsr import read_uhsr
    from spikecam.deblurring.blurry_picture import BlurryPicture
    from spikecam.deblurring.deblur import (
        deblur,
        deblur_frames,
    )
    from spikecam.deblurring.encoding_calibration import (
        CalibrationPair,
        calibrate_encoding,
        calibrate_encoding_of_pairs,
    )
    from spikecam.deblurring.encoding_measurement import EncodingMeasurement, measure_encoding
    from spikecam.deblurring.second_stage import second_stage
    from spikecam.encoding import Encoding, parse_encoding
    from spikecam.errors import (
        FileError,
        GeometryError,
        OptionError,
        OutputError,
        RangeError,
        ResourceError,
        SpikecamError,
    )
    from spikecam.exposure import (
        FrameAverage,
        average_frames,
        resolve_exposure,
    )
    from spikecam.fixed_pattern import FixedPattern
    from spikecam.frames import evenly_spaced_frames
    from spikecam.generation.generate import generate, generate_frames, middle_frame
    from spikecam.generation.generated import Generated
    from spikecam.gray import quarter_gray
    from spikecam.io.flow_file import read_flow, write_flow
    from spikecam.io.geometry import CAMERAS
    from spikecam.io.output import Output, open_output
    from spikecam.io.pictures import is_picture, read_picture, write_picture
    from spikecam.io.recording import check_recording_output, write_recording
    from spikecam.io.recording import open as open
    from spikecam.io.save import save
    from spikecam.io.video import count_frames, read_video, video_frames, write_video
    from spikecam.method import (
        Method,
        NoOptions,
        OnlineReconstructor,
        Takes,
        all_methods,
        find_method,
        method_names,
    )
    from spikecam.metrics.full_reference import colour_error, ms_ssim, psnr, ssim, ssim_s_sdm
    from spikecam.metrics.learned import brisque, liqe, lpips, niqe
    from spikecam.metrics.score import (
        METRICS,
        check_metrics,
        frame_scores,
        mean_scores,
        score,
    )
    from spikecam.networks.architecture import Architecture
    from spikecam.networks.spikes_input import SpikesInputConfig
    from spikecam.online.feed import open_feed
    from spikecam.online.live_reconstruction import LiveReconstruction
    from spikecam.online.methods import online_method_names, online_reconstructor
    from spikecam.online.moment_recorder import MomentRecorder
    from spikecam.online.shared_ring import SharedRing
    from spikecam.optical_flow.flow import flow
    from spikecam.orientation import Orientation
    from spikecam.reconstruction.method_choice import MethodChoice, choose_method
    from spikecam.reconstruction.reconstruct import all_frames, reconstruct, reconstruct_frames
    from spikecam.reconstruction.window_network import window_network_method
    from spikecam.recording_summary import summarize_recording
    from spikecam.registration.align import align
    from spikecam.registration.alignment import Alignment
    from spikecam.registration.exposure_search import align_in_time, find_exposure
    from spikecam.requests.deblur import DeblurRequest
    from spikecam.requests.flow import FlowRequest
    from spikecam.requests.fly import FlyRequest
    from spikecam.requests.generate import GenerateRequest
    from spikecam.requests.poses import PosesRequest
    from spikecam.requests.reconstruct import ReconstructRequest
    from spikecam.requests.recording_file import RecordingFile
    from spikecam.requests.render import RenderRequest
    from spikecam.requests.splat import SplatRequest
    from spikecam.requests.splat_options import SplatOptions
    from spikecam.scenes.defocus import defocus_picture, defocus_scene, disc_radius
    from spikecam.scenes.depth import random_inverse_depth
    from spikecam.scenes.interpolation import interpolate_frames
    from spikecam.scenes.motion import moving_scene
    from spikecam.scenes.pretraining import pretraining_pair
    from spikecam.scenes.scene_frames import scene_frames
    from spikecam.sensor.integrate_and_fire import simulate
    from spikecam.sensor.sensor import SENSOR_PRESETS, Sensor
    from spikecam.show.contact_sheet import contact_sheet
    from spikecam.show.curves import check_curves, write_curves
    from spikecam.show.display import DisplayMapping, stretch_for_display
    from spikecam.show.flow_colours import draw_flow_arrows, flow_to_colours
    from spikecam.show.player import Player, player
    from spikecam.show.table import check_table, format_json, write_table
    from spikecam.srgb import linear_to_srgb, srgb_to_linear
    from spikecam.stream import SpikeStream
    from spikecam.views.camera import Camera, Intrinsics
    from spikecam.views.camera_path import CameraPath
    from spikecam.views.fitting import FitOptions
    from spikecam.views.flight_folder import FlightOptions
    from spikecam.views.gaussians import Gaussians
    from spikecam.views.ply_file import read_ply, write_ply
    from spikecam.views.pose_files.nerf import write_transforms
    from spikecam.views.pose_files.pose_file import PoseFile
    from spikecam.views.pose_files.read import read_poses
    from spikecam.views.rendering import render
    from spikecam.weights.card import Card
    from spikecam.weights.catalogue import (
        WeightsInfo,
        named_weights,
        read_weights_info,
        shipped_weights,
        user_weights_folder,
    )
    from spikecam.weights.checkpoints import import_weights
    from spikecam.weights.store import load_weights, save_weights

_HOMES = {
    "batches.batch": ("batch",),
    "batches.job": ("BatchJob", "BatchResult"),
    "registration.alignment": ("Alignment",),
    "registration.align": ("align",),
    "registration.exposure_search": ("align_in_time", "find_exposure"),
    "optical_flow.flow": ("flow",),
    "orientation": ("Orientation",),
    "requests.deblur": ("DeblurRequest",),
    "requests.flow": ("FlowRequest",),
    "requests.generate": ("GenerateRequest",),
    "requests.recording_file": ("RecordingFile",),
    "requests.reconstruct": ("ReconstructRequest",),
    "scenes.defocus": (
        "defocus_picture",
        "defocus_scene",
        "disc_radius",
    ),
    "scenes.depth": ("random_inverse_depth",),
    "exposure": (
        "FrameAverage",
        "average_frames",
        "resolve_exposure",
    ),
    "frames": ("evenly_spaced_frames",),
    "scenes.scene_frames": ("scene_frames",),
    "fixed_pattern": ("FixedPattern",),
    "sensor.integrate_and_fire": ("simulate",),
    "scenes.interpolation": ("interpolate_frames",),
    "gray": ("quarter_gray",),
    "scenes.motion": ("moving_scene",),
    "scenes.pretraining": ("pretraining_pair",),
    "sensor.sensor": (
        "SENSOR_PRESETS",
        "Sensor",
    ),
    "calibration.uniform_fields": ("calibrate_fpn",),
    "data.dpdd": ("read_dpdd",),
    "data.pairs": ("Pair",),
    "data.plan": (
        "Scene",
        "SynthConfig",
    ),
    "data.reds": ("read_reds",),
    "data.rsb": ("read_rsb", "write_rsb_pair"),
    "data.spike_gopro": (
        "exposure_spans",
        "read_spike_gopro",
        "write_spike_gopro_pair",
    ),
    "data.synthesis": ("Synthesis",),
    "data.uhsr": ("read_uhsr",),
    "deblurring.blurry_picture": ("BlurryPicture",),
    "deblurring.encoding_calibration": (
        "CalibrationPair",
        "calibrate_encoding",
        "calibrate_encoding_of_pairs",
    ),
    "deblurring.encoding_measurement": ("EncodingMeasurement", "measure_encoding"),
    "deblurring.second_stage": ("second_stage",),
    "encoding": ("Encoding", "parse_encoding"),
    "deblurring.deblur": (
        "deblur",
        "deblur_frames",
    ),
    "errors": (
        "FileError",
        "GeometryError",
        "OptionError",
        "OutputError",
        "RangeError",
        "ResourceError",
        "SpikecamError",
    ),
    "generation.generate": ("generate", "generate_frames", "middle_frame"),
    "generation.generated": ("Generated",),
    "io.flow_file": ("read_flow", "write_flow"),
    "io.geometry": ("CAMERAS",),
    "io.output": ("Output", "open_output"),
    "io.pictures": ("is_picture", "read_picture", "write_picture"),
    "io.recording": ("check_recording_output", "open", "write_recording"),
    "io.save": ("save",),
    "io.video": ("count_frames", "read_video", "video_frames", "write_video"),
    "method": (
        "Method",
        "NoOptions",
        "OnlineReconstructor",
        "Takes",
        "all_methods",
        "find_method",
        "method_names",
    ),
    "metrics.learned": ("brisque", "liqe", "lpips", "niqe"),
    "metrics.score": (
        "METRICS",
        "check_metrics",
        "frame_scores",
        "mean_scores",
        "score",
    ),
    "metrics.full_reference": ("colour_error", "ms_ssim", "psnr", "ssim", "ssim_s_sdm"),
    "networks.architecture": ("Architecture",),
    "networks.spikes_input": ("SpikesInputConfig",),
    "online.feed": ("open_feed",),
    "online.live_reconstruction": ("LiveReconstruction",),
    "online.methods": ("online_method_names", "online_reconstructor"),
    "online.moment_recorder": ("MomentRecorder",),
    "online.shared_ring": ("SharedRing",),
    "reconstruction.method_choice": ("MethodChoice", "choose_method"),
    "reconstruction.reconstruct": ("all_frames", "reconstruct", "reconstruct_frames"),
    "reconstruction.window_network": ("window_network_method",),
    "show.contact_sheet": ("contact_sheet",),
    "show.curves": ("check_curves", "write_curves"),
    "show.display": ("DisplayMapping", "stretch_for_display"),
    "show.flow_colours": ("draw_flow_arrows", "flow_to_colours"),
    "show.player": ("Player", "player"),
    "show.table": ("check_table", "format_json", "write_table"),
    "srgb": ("linear_to_srgb", "srgb_to_linear"),
    "stream": ("SpikeStream",),
    "recording_summary": ("summarize_recording",),
    "requests.fly": ("FlyRequest",),
    "requests.poses": ("PosesRequest",),
    "requests.render": ("RenderRequest",),
    "requests.splat": ("SplatRequest",),
    "requests.splat_options": ("SplatOptions",),
    "views.camera": (
        "Camera",
        "Intrinsics",
    ),
    "views.camera_path": ("CameraPath",),
    "views.fitting": ("FitOptions",),
    "views.flight_folder": ("FlightOptions",),
    "views.gaussians": ("Gaussians",),
    "views.ply_file": (
        "read_ply",
        "write_ply",
    ),
    "views.pose_files.nerf": ("write_transforms",),
    "views.pose_files.pose_file": ("PoseFile",),
    "views.pose_files.read": ("read_poses",),
    "views.rendering": ("render",),
    "weights.card": ("Card",),
    "weights.catalogue": (
        "WeightsInfo",
        "named_weights",
        "read_weights_info",
        "shipped_weights",
        "user_weights_folder",
    ),
    "weights.checkpoints": ("import_weights",),
    "weights.store": ("load_weights", "save_weights"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__version__ = "0.1.0"
# Without `open`, which `from spikecam import *` would put in the place of the builtin.
__all__ = [  # noqa: RUF022
    "save",
    "SpikeStream",
    "reconstruct",
    "reconstruct_frames",
    "all_frames",
    "choose_method",
    "MethodChoice",
    "second_stage",
    "flow",
    "flow_to_colours",
    "draw_flow_arrows",
    "read_flow",
    "write_flow",
    "deblur",
    "deblur_frames",
    "evenly_spaced_frames",
    "resolve_exposure",
    "generate",
    "generate_frames",
    "Generated",
    "middle_frame",
    "Orientation",
    "RecordingFile",
    "ReconstructRequest",
    "FlowRequest",
    "DeblurRequest",
    "GenerateRequest",
    "batch",
    "BatchJob",
    "BatchResult",
    "Method",
    "NoOptions",
    "OnlineReconstructor",
    "online_reconstructor",
    "online_method_names",
    "LiveReconstruction",
    "MomentRecorder",
    "SharedRing",
    "open_feed",
    "Takes",
    "all_methods",
    "find_method",
    "method_names",
    "window_network_method",
    "Architecture",
    "SpikesInputConfig",
    "score",
    "frame_scores",
    "mean_scores",
    "check_metrics",
    "METRICS",
    "psnr",
    "ssim",
    "ssim_s_sdm",
    "ms_ssim",
    "colour_error",
    "lpips",
    "niqe",
    "brisque",
    "liqe",
    "write_table",
    "check_table",
    "format_json",
    "write_curves",
    "check_curves",
    "stretch_for_display",
    "DisplayMapping",
    "contact_sheet",
    "player",
    "Player",
    "summarize_recording",
    "simulate",
    "Sensor",
    "SENSOR_PRESETS",
    "scene_frames",
    "moving_scene",
    "interpolate_frames",
    "quarter_gray",
    "FrameAverage",
    "average_frames",
    "exposure_spans",
    "srgb_to_linear",
    "linear_to_srgb",
    "defocus_picture",
    "defocus_scene",
    "disc_radius",
    "random_inverse_depth",
    "pretraining_pair",
    "FixedPattern",
    "calibrate_fpn",
    "BlurryPicture",
    "Encoding",
    "parse_encoding",
    "EncodingMeasurement",
    "measure_encoding",
    "CalibrationPair",
    "calibrate_encoding",
    "calibrate_encoding_of_pairs",
    "Alignment",
    "align",
    "align_in_time",
    "find_exposure",
    "Pair",
    "read_spike_gopro",
    "read_rsb",
    "read_reds",
    "read_uhsr",
    "read_dpdd",
    "write_spike_gopro_pair",
    "write_rsb_pair",
    "Synthesis",
    "SynthConfig",
    "Scene",
    "read_picture",
    "write_picture",
    "is_picture",
    "read_video",
    "video_frames",
    "count_frames",
    "write_video",
    "write_recording",
    "check_recording_output",
    "open_output",
    "Output",
    "Gaussians",
    "read_ply",
    "write_ply",
    "render",
    "Camera",
    "Intrinsics",
    "CameraPath",
    "PoseFile",
    "read_poses",
    "write_transforms",
    "RenderRequest",
    "FlyRequest",
    "FlightOptions",
    "SplatRequest",
    "SplatOptions",
    "FitOptions",
    "PosesRequest",
    "load_weights",
    "save_weights",
    "import_weights",
    "shipped_weights",
    "named_weights",
    "user_weights_folder",
    "WeightsInfo",
    "read_weights_info",
    "Card",
    "CAMERAS",
    "SpikecamError",
    "FileError",
    "GeometryError",
    "OptionError",
    "OutputError",
    "RangeError",
    "ResourceError",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'spikecam' has no attribute {name!r}")
    value = getattr(import_module(f"spikecam.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
