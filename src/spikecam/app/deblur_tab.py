"""Tab in which a sequence of sharp pictures is made from a blurry picture and the spikes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

from nicegui import run, ui

from spikecam.app.notices import errors_shown_as_notices, show_notice
from spikecam.app.option_controls import OptionControls
from spikecam.app.progress_text import describe_progress
from spikecam.app.sequence_view import SequenceView
from spikecam.app.session import Session
from spikecam.app.sharp_sequence import SharpSequence
from spikecam.app.text import CHECK_MATCH_LABEL, legible_text, word_for_page
from spikecam.deblurring.deblur import DEFAULT_METHOD
from spikecam.deblurring.pair import PairSettings
from spikecam.encoding import AUTO
from spikecam.errors import OptionError
from spikecam.method import Method, Takes, all_methods
from spikecam.stream import Span, SpikeStream

# An entry among the blurry pictures, for methods that need none.
_NO_PICTURE = "no picture: spikes alone"
_PROGRESS_INTERVAL_SECONDS = 0.2
_DEFAULT_COUNT = 7
_TOPIC = "deblur"
# Encodings that are offered; others can be typed.
_ENCODINGS = (AUTO, "srgb", "linear", "gamma:2.2")


class DeblurTab:
    """The tab of the page in which a recording is deblurred.

    Args:
        session: what is worked on.
        is_visible: whether the tab is shown.
    """

    def __init__(self, session: Session, is_visible: Callable[[], bool]) -> None:
        self.session = session
        deblurring = all_methods(Takes.SPIKES_AND_PICTURE)
        # The default comes first.
        deblurring.sort(key=lambda method: method.name != DEFAULT_METHOD)
        self._methods = {
            f"{method.name}: {method.summary}": method
            for method in (*deblurring, *all_methods(Takes.SPIKES_OR_PICTURE))
            if method.has_weights
        }
        self._started, self._is_cancelled = 0.0, False
        self._timer = ui.timer(_PROGRESS_INTERVAL_SECONDS, self._show_progress, active=False)
        with ui.row().classes("w-full gap-6 items-start no-wrap max-md:flex-wrap"):
            with ui.column().classes("w-72 shrink-0 gap-2 max-md:w-full"):
                self._build_controls()
            self._sequence_view = SequenceView(session, is_visible)

    def _build_controls(self) -> None:
        self._blur = ui.select({}, label="Blurry picture").classes("w-full")
        with ui.row().classes("w-full no-wrap gap-2"):
            self._start = ui.number("Exposed from frame", min=0, precision=0).classes("grow")
            self._stop = ui.number("to before frame", min=1, precision=0).classes("grow")
            for control in (self._start, self._stop):
                control.props('placeholder="estimated" stack-label')
        self._count = ui.number("Sharp frames", value=_DEFAULT_COUNT, min=1, precision=0)
        self._count.classes("w-full")
        label = next(iter(self._methods))
        self._method_label = ui.select([*self._methods], value=label, label="Method")
        self._method_label.classes("w-full").on_value_change(self._choose_method)
        self._encoding = ui.select(
            list(_ENCODINGS),
            label="Encoding of the picture",
            value=AUTO,
            new_value_mode="add",
        )
        self._encoding.classes("w-full")
        with self._encoding:
            ui.tooltip(
                "srgb for photographs; auto measures it from the pair; gamma:2.2 and files of "
                "spikecam calibrate tone can be typed"
            ).classes("text-sm")
        self._check_match = ui.switch(CHECK_MATCH_LABEL, value=True)
        self._options = OptionControls()
        self._options.show_method(self._method)
        with ui.row().classes("gap-2"):
            self._deblur_button = ui.button("Deblur", icon="auto_fix_high", on_click=self._deblur)
            self._cancel_button = ui.button("Cancel", on_click=self._cancel).props("flat")
        self._progress_bar = ui.linear_progress(0, show_value=False)
        self._progress_text = ui.label().classes("text-sm")
        self._facts = ui.label().classes("text-sm facts").style("white-space: pre-line")
        self._cancel_button.visible = self._progress_bar.visible = False

    @property
    def _method(self) -> Method:
        return self._methods[self._method_label.value]

    def show_recording(self) -> None:
        """Fill the controls for the recording that was opened."""
        stream = self.session.stream
        if stream is None:
            return
        self._sequence_view.hide()
        self._sequence_view.set_aspect_ratio(stream.width / stream.height)
        self._progress_text.set_text("")
        self._facts.set_text("")
        files = {str(path): legible_text(path.name) for path in self.session.list_encoding_files()}
        self._encoding.set_options({name: name for name in _ENCODINGS} | files, value=AUTO)
        self._check_match.set_value(True)
        # Where the recording does not say it, it is estimated, and the page says which it took.
        start, stop = stream.exposure or (None, None)
        self._start.set_value(start)
        self._stop.set_value(stop)
        self.refresh_picture_choices()

    def refresh_picture_choices(self, selected: Path | None = None) -> None:
        """Refresh the choices of pictures, with ``selected`` or the likeliest as the blurry one."""
        with errors_shown_as_notices():
            names = {
                str(path): legible_text(path.name)
                for path in self.session.list_pictures_for_recording()
            }
            self._offer_blur(names, selected)
            self._sequence_view.set_truth_choices(names)

    def _picture_names(self) -> dict[str, str]:
        """Names of the pictures on the page by their paths; two of one name are told apart."""
        paths = self.session.list_pictures_for_recording()
        counts = Counter(path.name for path in paths)
        uploads = self.session.files.uploads
        return {
            str(path): legible_text(path.name)
            + (" (uploaded)" if counts[path.name] > 1 and path.parent == uploads else "")
            for path in paths
        }

    def _offer_blur(self, names: dict[str, str], blur: Path | None = None) -> None:
        likely = [path for path, name in names.items() if "blur" in name.lower()]
        options = dict(names)
        if self._method.takes is Takes.SPIKES_OR_PICTURE:
            options[_NO_PICTURE] = _NO_PICTURE
        present = self._blur.value if self._blur.value in options else None
        value = str(blur) if blur else present or next(iter([*likely, *options]), None)
        self._blur.set_options(options, value=value)

    def _choose_method(self) -> None:
        self._options.show_method(self._method)
        with errors_shown_as_notices():
            self._offer_blur(
                {
                    str(path): legible_text(path.name)
                    for path in self.session.list_pictures_for_recording()
                }
            )

    async def _deblur(self) -> None:
        with errors_shown_as_notices(_TOPIC):
            start_sequence = self._prepare_sequence()
            self._deblur_button.disable()
            self._started = time.monotonic()
            self._progress_bar.set_value(0)
            self._progress_bar.visible = True
            self._progress_text.set_text("reading picture and spikes")
            try:
                # Not on the page's thread: a pair is measured there, and networks are loaded.
                sequence = await run.io_bound(start_sequence)
                if sequence is None:
                    # The app is being closed.
                    return
                self._timer.active = True
                self._sequence_view.hide()
                self._facts.set_text("\n".join(map(word_for_page, sequence.facts)))
                self._is_cancelled = False
                self._show_progress()
                self._cancel_button.visible = True
                self._cancel_button.enable()
                await run.io_bound(sequence.make_pictures)
            finally:
                self._timer.active = False
                self._deblur_button.enable()
                self._progress_bar.visible = self._cancel_button.visible = False
                self._progress_text.set_text("")
            self._finish(sequence)

    def _prepare_sequence(self) -> Callable[[], SharpSequence]:
        """What starts a sequence by what the page's controls say now."""
        stream, method = self.session.stream, self._method
        if stream is None:
            raise OptionError("open a recording first")
        if not self._blur.value:
            raise OptionError(
                "there is no blurry picture; drop one onto this page, or put it beside the "
                "recording"
            )
        options = self._options.changed_values()
        blur = None if self._blur.value == _NO_PICTURE else Path(self._blur.value)
        count, exposure = int(self._count.value or 0), self._exposure(stream)
        pair = PairSettings(self._encoding.value or AUTO, check_match=bool(self._check_match.value))
        return partial(self.session.replace_sequence, blur, count, exposure, method, options, pair)

    def _exposure(self, stream: SpikeStream) -> Span | None:
        """The exposure in the fields; None where both are empty."""
        start, stop = self._start.value, self._stop.value
        if start is None and stop is None:
            return None
        first, end = int(start or 0), len(stream) if stop is None else int(stop)
        if first >= end:
            raise OptionError(
                f"the exposure starts at frame {first} and stops before frame {end}; it must stop "
                "after it starts"
            )
        return first, end

    def _show_progress(self) -> None:
        sequence = self.session.sequence
        if sequence is None:
            return
        self._progress_bar.set_value(sequence.finished_count / len(sequence.frames))
        self._progress_text.set_text(
            "stops after the frame at hand"
            if self._is_cancelled
            else describe_progress(
                sequence.finished_count, len(sequence.frames), time.monotonic() - self._started
            )
        )

    def _cancel(self) -> None:
        if self.session.sequence is not None:
            self.session.sequence.stop()
            self._is_cancelled = True
            self._cancel_button.disable()
            self._show_progress()

    def _finish(self, sequence: SharpSequence) -> None:
        if sequence is not self.session.sequence:
            # Another recording was opened meanwhile.
            self._progress_text.set_text("")
            return
        count = sequence.finished_count
        self._progress_text.set_text(f"{count} of {len(sequence.frames)} frames")
        frames = "1 frame" if count == 1 else f"{count} frames"
        show_notice(f"stopped after {frames}" if sequence.stopped else f"sharp: {frames}")
        if count:
            self._sequence_view.show_sequence(sequence)
