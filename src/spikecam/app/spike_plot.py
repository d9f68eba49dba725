"""Plot of one pixel's spikes and of the intervals between them."""

from __future__ import annotations

from typing import Any

from spikecam.app.pixel_trace import PixelTrace

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
