"""Tab in which a sequence of sharp pictures is made from a blurry picture and the spikes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

from nicegui import run, ui

from spikecam.app.deblur_preview import DeblurPreview
from spikecam.app.notices import errors_shown_as_notices, show_notice
from spikecam.app.option_controls import OptionControls
from spikecam.app.progress_text import TimeLeft, describe_progress
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
        self._time_left, self._is_cancelled = TimeLeft(), False
        self._timer = ui.timer(_PROGRESS_INTERVAL_SECONDS, self._show_progress, active=False)
        with ui.row().classes("w-full gap-6 items-start no-wrap max-md:flex-wrap"):
            with ui.column().classes("w-72 shrink-0 gap-2 max-md:w-full"):
                self._build_controls()
            self._preview = DeblurPreview(session)
            self._sequence_view = SequenceView(session, is_visible)

    def _build_controls(self) -> None:
        self._blur = ui.select({}, label="Blurry picture", on_change=self._show_preview)
        self._blur.classes("w-full")
        with ui.row().classes("w-full no-wrap gap-2"):
            self._start = ui.number("Exposed from frame", min=0, precision=0).classes("grow")
            self._stop = ui.number("to before frame", min=1, precision=0).classes("grow")
            for control in (self._start, self._stop):
                control.props('placeholder="estimated" stack-label debounce=300')
                control.on_value_change(self._show_preview)
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
            names = name_pictures(self.session)
            self._offer_blur(names, selected)
            self._show_preview()
            self._sequence_view.set_truth_choices(names)

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
            self._offer_blur(name_pictures(self.session))

    def _show_preview(self) -> None:
        """Show what a sequence will be made of, while none is shown."""
        stream = self.session.stream
        if stream is None or self._sequence_view.is_shown:
            return
        try:
            exposure = self._exposure(stream)
        except OptionError:
            # It is being typed.
            return
        self._preview.show(self._blur_path, exposure)

    @property
    def _blur_path(self) -> Path | None:
        value = self._blur.value
        return None if value in (None, _NO_PICTURE) else Path(value)

    async def _deblur(self) -> None:
        sequence = None
        with errors_shown_as_notices(_TOPIC):
            start_sequence = self._prepare_sequence()
            self._deblur_button.disable()
            self._is_cancelled = False
            self._progress_bar.set_value(0)
            self._progress_bar.visible = True
            self._progress_text.set_text("reading picture and spikes")
            try:
                # Not on the page's thread: a pair is measured there, and networks are loaded.
                sequence = await run.io_bound(start_sequence)
                if sequence is None:
                    # The app is being closed.
                    return
                self._time_left = TimeLeft()
                self._timer.active = True
                self._facts.set_text("\n".join(map(word_for_page, sequence.facts)))
                self._show_progress()
                self._cancel_button.visible = True
                self._cancel_button.enable()
                await run.io_bound(sequence.make_pictures)
            finally:
                self._timer.active = False
                self._deblur_button.enable()
                self._progress_bar.visible = self._cancel_button.visible = False
                self._progress_text.set_text("")
                if sequence is not None:
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
        blur, options = self._blur_path, self._options.changed_values()
        count, exposure = int(self._count.value or 0), self._exposure(stream)
        pair = PairSettings(self._encoding.value or AUTO, check_match=bool(self._check_match.value))
        return partial(self.session.start_sequence, blur, count, exposure, method, options, pair)

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

    @property
    def _running(self) -> SharpSequence | None:
        """The sequence that is being made."""
        return self.session.next_sequence or self.session.sequence

    def _show_progress(self) -> None:
        sequence = self._running
        if sequence is None:
            return
        self._show_frames(sequence)
        self._progress_bar.set_value(sequence.finished_share)
        self._progress_text.set_text(
            "cancelling ..." if self._is_cancelled else describe_run(sequence, self._time_left)
        )

    def _show_frames(self, sequence: SharpSequence) -> None:
        """Show the frames that are finished; the first takes the place of what was shown."""
        if sequence is self.session.next_sequence and sequence.finished_count:
            self.session.show_next_sequence()
            self._preview.hide()
            self._sequence_view.show_sequence(sequence)
        elif sequence is self.session.sequence:
            self._sequence_view.show_new_frames(sequence)

    def _cancel(self) -> None:
        if self._running is not None:
            self._running.stop()
            self._is_cancelled = True
            self._cancel_button.disable()
            self._show_progress()

    def _finish(self, sequence: SharpSequence) -> None:
        if sequence is not self._running:
            # Another recording was opened meanwhile.
            return
        self._show_frames(sequence)
        count = sequence.finished_count
        if count:
            self._progress_text.set_text(f"{count} of {len(sequence.frames)} frames")
            self._sequence_view.finish(sequence)
        else:
            self.session.drop_next_sequence()
        if sequence.stopped or count:
            frames = "1 frame" if count == 1 else f"{count} frames"
            show_notice(f"stopped after {frames}" if sequence.stopped else f"sharp: {frames}")


def name_pictures(session: Session) -> dict[str, str]:
    """Names on the page of the pictures that may belong to the recording, by their paths.

    Of two of one name the uploaded one says so.
    """
    paths, uploads = session.list_pictures_for_recording(), session.files.uploads
    counts = Counter(path.name for path in paths)
    return {
        str(path): legible_text(path.name)
        + (" (uploaded)" if counts[path.name] > 1 and path.parent == uploads else "")
        for path in paths
    }


def describe_run(sequence: SharpSequence, time_left: TimeLeft) -> str:
    """Describe how far a sequence is: its frames, the steps of one, and the time that is left.

    Args:
        sequence: that is being made.
        time_left: since it was begun.
    """
    finished, count = sequence.finished_count, len(sequence.frames)
    done, steps = sequence.steps
    if not steps:
        return describe_progress(finished, count, time_left)
    frames = f"{finished} of {count} frames" if finished else f"the first of {count} frames"
    left = time_left.describe(sequence.finished_share)
    return ", ".join(filter(None, [frames, f"step {done} of {steps}", left]))
