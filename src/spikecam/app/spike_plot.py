"""Plots over time: spikes of a pixel and the intervals between them, and the rate of a region."""

from __future__ import annotations

from typing import Any

from spikecam.app.pixel_trace import PixelTrace
from spikecam.app.region import RegionTrace

# Legible on a light and on a dark page.
_GRAY = "#808080"
_AXIS = {"axisLabel": {"color": _GRAY}, "splitLine": {"lineStyle": {"color": "#80808040"}}}


def make_spike_plot_options(trace: PixelTrace | None, frame_index: int) -> dict[str, Any]:
    """Options of an ECharts plot of a pixel's spikes and intervals, with a line at the frame.

    Args:
        trace: of the pixel; None for an empty plot.
        frame_index: the frame that is shown.
    """
    trace = trace or PixelTrace(0, 1, [], 0)
    intervals = trace.intervals
    # The last interval is drawn once more, so that the last spike ends a step.
    heights = [*intervals, *intervals[-1:]]
    steps = [list(point) for point in zip(trace.spike_frames, heights, strict=False)]
    return {
        "animation": False,
        "grid": {"left": 50, "right": 20, "top": 30, "bottom": 40},
        "legend": {
            "data": ["spikes", "interval"],
            "top": 0,
            "right": 20,
            "textStyle": {"color": _GRAY},
        },
        "tooltip": {"trigger": "axis"},
        "textStyle": {"color": _GRAY},
        "xAxis": {
            "type": "value",
            "min": trace.start,
            "max": trace.stop,
            "name": "frame",
            **_AXIS,
        },
        "yAxis": {"type": "value", "min": 0, "name": "interval in frames", **_AXIS},
        "series": [
            {
                "name": "interval",
                "type": "line",
                "step": "end",
                "showSymbol": False,
                "data": steps,
                "markLine": {
                    "symbol": "none",
                    "label": {"show": False},
                    "data": [{"xAxis": frame_index}],
                },
            },
            {
                "name": "spikes",
                "type": "scatter",
                "symbol": "rect",
                "symbolSize": [1.5, 14],
                "data": [[spike, 0] for spike in trace.spike_frames],
            },
        ],
    }


def make_rate_plot_options(
    trace: RegionTrace | None, frame_index: int, rate: float | None
) -> dict[str, Any]:
    """Options of an ECharts plot of the spike rate of a region, with a line at the frame.

    Args:
        trace: of the region; None for an empty plot.
        frame_index: the frame that is shown.
        rate: of the recording in frames per second; where it is known the plot is in spikes per
            second, otherwise in spikes per frame.
    """
    points: list[list[float]] = []
    if trace is not None:
        values = trace.rates * (rate or 1.0)
        points = [[trace.start + i, float(f"{v:.5g}")] for i, v in enumerate(values)]
    unit = "frame" if rate is None else "second"
    return {
        "animation": False,
        "grid": {"left": 60, "right": 20, "top": 30, "bottom": 40},
        "tooltip": {"trigger": "axis"},
        "textStyle": {"color": _GRAY},
        "xAxis": {
            "type": "value",
            "min": "dataMin",
            "max": "dataMax",
            "name": "frame",
            "nameLocation": "middle",
            "nameGap": 22,
            **_AXIS,
        },
        "yAxis": {"type": "value", "min": 0, "name": f"spikes a pixel and {unit}", **_AXIS},
        "series": [
            {
                "name": "rate",
                "type": "line",
                "showSymbol": False,
                "lineStyle": {"width": 1},
                "data": points,
                "markLine": {
                    "symbol": "none",
                    "label": {"show": False},
                    "data": [{"xAxis": frame_index}],
                },
            }
        ],
    }
