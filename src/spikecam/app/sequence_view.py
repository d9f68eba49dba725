"""View of a sequence while it is made and after: compared, played, scored, downloaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from nicegui import events, run, ui

from spikecam.app.frame_view import default_view_settings
from spikecam.app.notices import errors_shown_as_notices
from spikecam.app.picture_urls import blurry_picture_url, frame_url, sequence_picture_url
from spikecam.app.play_button import PlayButton
from spikecam.app.sequence_pictures import MEAN, SHARP, SPREAD
from spikecam.app.session import Session
from spikecam.app.sharp_sequence import EXPORT_ENDINGS, SharpSequence
from spikecam.app.text import legible_text
from spikecam.errors import OptionError
from spikecam.stream import SpikeStream

# Height of the pictures in percent of the window.
_PICTURE_HEIGHT_VH = 65
_DEFAULT_FPS = 12
# The slider follows the cut that is dragged on the picture so often.
_DRAG_SECONDS = 0.05
# What is on the left: what the sequence is made of, or the sequence before it.
_INPUT, _PREVIOUS = "input", "previous"


class SequenceView:
    """The view of a sequence on the page, hidden at first.

    While frames are added it shows the newest one, until a visitor goes to another.

    Args:
        session: whose sequence is shown.
        is_visible: whether the tab is shown; the sequence plays only then.
    """

    def __init__(self, session: Session, is_visible: Callable[[], bool]) -> None:
        self.session, self._is_visible = session, is_visible
        self._shows_newest = self._is_moving = False
        ui.keyboard(on_key=self._handle_key)
        with ui.column().classes("grow min-w-0 gap-2 max-md:w-full") as self._column:
            self._build_comparison(is_visible)
            self._build_exports()
        self.hide()

    def _build_comparison(self, is_visible: Callable[[], bool]) -> None:
        self._legend = ui.label().classes("text-sm opacity-70")
        # The slider is as wide as the pictures, so that its thumb is below the cut.
        with ui.column().classes("w-full gap-0") as self._frame:
            self._comparison = ui.element("div").classes("compare w-full")
            with self._comparison:
                self._left = ui.element("img").props('alt="the left picture" draggable=false')
                self._right = ui.element("img").classes("after")
                self._right.props('alt="the right picture" draggable=false')
                ui.element("div").classes("cut")
            cut = ui.slider(min=0, max=100, value=50).props('aria-label="Compare"')
        cut.on(
            "update:model-value",
            js_handler=f"(value) => getHtmlElement({self._comparison.id}).style"
            '.setProperty("--cut", value + "%")',
        )
        for name in ("pointerdown", "pointermove"):
            self._comparison.on(
                name,
                lambda event: cut.set_value(event.args),
                throttle=_DRAG_SECONDS,
                js_handler="""(e) => {
                    if (!e.buttons) return;
                    const picture = e.currentTarget, box = picture.getBoundingClientRect();
                    picture.setPointerCapture(e.pointerId);
                    const share = (e.clientX - box.left) / box.width;
                    const percent = Math.round(100 * Math.min(1, Math.max(0, share)));
                    picture.style.setProperty("--cut", percent + "%");
                    emit(percent);
                }""",
            )
        with ui.row().classes("items-center gap-3"):
            self._left_choice = ui.select({}, label="On the left", on_change=self._show)
            self._kind = ui.select([], label="On the right", on_change=self._show)
            for choice in (self._left_choice, self._kind):
                choice.classes("w-48")
        with ui.row().classes("w-full items-center gap-3 no-wrap"):
            self._play_button = PlayButton("Play the sequence", self._play_step, is_visible)
            self._slider = ui.slider(min=0, max=1, value=0, on_change=self._frame_chosen)
            self._slider.classes("grow")
            # Not focused: keys are for the whole tab.
            self._slider.props('aria-label="Frame of the sequence" tabindex=-1')
        self._position = ui.label().classes("text-sm")
        ui.label("Keys: ← → one frame; Home, End; Space plays. Drag on the picture.").classes(
            "text-xs opacity-70"
        )

    def _build_exports(self) -> None:
        with ui.row().classes("items-center gap-2"):
            ui.button("Save this frame", icon="download", on_click=self._save_frame).props(
                "outline dense"
            )
            for format in EXPORT_ENDINGS:
                ui.button(format, on_click=lambda format=format: self._export(format)).props(
                    "outline dense"
                )
            self._fps = ui.number(
                "Frames a second", value=_DEFAULT_FPS, min=1, max=120, precision=0
            )
            self._fps.classes("w-32")
            self._exporting = ui.spinner(size="2em")
            self._exporting.visible = False
        self._truth = ui.select(
            {}, label="The sharp picture of this frame, where you have it", clearable=True
        ).classes("w-full")
        self._truth.on_value_change(self._score)
        self._scores = ui.label().classes("text-sm whitespace-pre-line")

    def hide(self) -> None:
        """Hide the view, and stop playing."""
        self._column.visible = False
        self._play_button.stop()

    def set_aspect_ratio(self, ratio: float) -> None:
        """Set the width over height of the pictures, so that they fit into the window."""
        self._frame.style(f"max-width: {_PICTURE_HEIGHT_VH * ratio:.0f}vh")

    def set_truth_choices(self, names: Mapping[str, str]) -> None:
        """Set the pictures from which the true sharp one of a frame can be chosen."""
        self._truth.set_options(dict(names), value=None)

    @property
    def is_shown(self) -> bool:
        """Whether a sequence is shown."""
        return bool(self._column.visible)

    def show_sequence(self, sequence: SharpSequence) -> None:
        """Show the finished frames of a sequence, and those that `show_new_frames` adds."""
        self._column.visible, self._shows_newest = True, True
        self._kind.set_options(list(sequence.kinds), value=sequence.kinds[0])
        self._kind.visible = len(sequence.kinds) > 1
        self._offer_left(sequence)
        self.show_new_frames(sequence)
        self._show()

    def _offer_left(self, sequence: SharpSequence) -> None:
        """Offer what may be on the left; the choice stays while there is a previous sequence."""
        options = {_INPUT: "TFP" if sequence.blur is None else "blurry"}
        previous = self.session.previous_sequence
        if previous is not None:
            options[_PREVIOUS] = f"the result before, {previous.method}"
        present = self._left_choice.value
        self._left_choice.set_options(options, value=present if present in options else _INPUT)
        self._left_choice.visible = previous is not None

    def show_new_frames(self, sequence: SharpSequence) -> None:
        """Show the frames that were finished since the last call."""
        last = sequence.finished_count - 1
        self._slider.props(f":max={last}")
        if self._shows_newest:
            self._go_to(last)

    def finish(self, sequence: SharpSequence) -> None:
        """Show the middle of a sequence that is whole, unless a visitor has chosen a frame."""
        if self._shows_newest:
            self._go_to(sequence.finished_count // 2)
        self._shows_newest = False

    def _go_to(self, place: int) -> None:
        self._is_moving = True
        self._slider.set_value(place)
        self._is_moving = False

    def _frame_chosen(self) -> None:
        self._shows_newest = self._shows_newest and self._is_moving
        self._show()

    def _frame_index(self, sequence: SharpSequence) -> int:
        return sequence.finished_frames[int(self._slider.value or 0)]

    def _show(self) -> None:
        sequence, stream, kind = self.session.sequence, self.session.stream, self._kind.value
        if sequence is None or stream is None or kind not in sequence.kinds:
            return
        frame_index = self._frame_index(sequence)
        self._left.props(f'src="{self._left_url(sequence, stream, frame_index)}"')
        self._right.props(f'src="{sequence_picture_url(self.session, frame_index, kind)}"')
        self._position.set_text(f"frame {frame_index}")
        previous = self._chosen_previous
        left = None if previous is None else _describe_previous(previous, frame_index)
        self._legend.set_text(_comparison_legend(sequence, kind, left))
        self._truth.visible = sequence.blur is not None and kind != SPREAD
        # The score was of another picture.
        self._truth.set_value(None)

    @property
    def _chosen_previous(self) -> SharpSequence | None:
        """The previous sequence, where it is chosen for the left."""
        return self.session.previous_sequence if self._left_choice.value == _PREVIOUS else None

    def _left_url(self, sequence: SharpSequence, stream: SpikeStream, frame_index: int) -> str:
        previous = self._chosen_previous
        if previous is not None:
            nearest = _nearest_frame(previous, frame_index)
            return sequence_picture_url(self.session, nearest, previous.kinds[0], is_previous=True)
        if sequence.blur is not None:
            return blurry_picture_url(self.session)
        # Where there are spikes alone, TFP stands for the blurry picture.
        return frame_url(self.session, frame_index, default_view_settings(stream, frame_index))

    async def _score(self) -> None:
        sequence, truth = self.session.sequence, self._truth.value
        self._scores.set_text("")
        if sequence is None or not sequence.finished_count or not truth:
            return
        with errors_shown_as_notices():
            path = self.session.resolve_picture(Path(truth))
            scores = await run.io_bound(
                sequence.score, self._frame_index(sequence), path, self._kind.value
            )
            if scores is None or truth != self._truth.value:
                # Something else was chosen meanwhile.
                return
            self._scores.set_text(
                f"PSNR {scores['psnr']:.2f} dB, SSIM {scores['ssim']:.4f}\nthe blurry picture: "
                f"{scores['blur_psnr']:.2f} dB, {scores['blur_ssim']:.4f}"
            )

    def _play_step(self) -> None:
        sequence = self.session.sequence
        if sequence is not None and sequence.finished_count:
            following = int(self._slider.value or 0) + 1
            self._slider.set_value(following % sequence.finished_count)

    def _handle_key(self, event: events.KeyEventArguments) -> None:
        sequence = self.session.sequence
        if (
            not event.action.keydown
            or sequence is None
            or not (self._is_visible() and self._column.visible)
        ):
            return
        present, last = int(self._slider.value or 0), sequence.finished_count - 1
        targets = {
            "ArrowLeft": present - 1,
            "ArrowRight": present + 1,
            "Home": 0,
            "End": last,
        }
        if event.key.name == " " and not event.action.repeat:
            self._play_button.toggle_playing()
        elif event.key.name in targets:
            self._slider.set_value(min(max(targets[str(event.key.name)], 0), last))

    async def _export(self, format: str) -> None:
        sequence = self.session.sequence
        with errors_shown_as_notices():
            if sequence is None:
                raise OptionError("there is no sequence; deblur first")
            fps = float(self._fps.value or _DEFAULT_FPS)
            self._exporting.visible = True
            try:
                path = await run.io_bound(sequence.export, format, fps)
            finally:
                self._exporting.visible = False
            if path is not None:
                ui.download.file(path, self._file_name(path.name))

    def _save_frame(self) -> None:
        sequence, kind = self.session.sequence, self._kind.value
        with errors_shown_as_notices():
            if sequence is None or kind not in sequence.kinds:
                raise OptionError("there is no sequence; deblur first")
            frame_index = self._frame_index(sequence)
            kind_in_name = "" if kind == SHARP else f"-{kind.replace(' ', '-')}"
            name = f"{frame_index:06d}-{sequence.method}{kind_in_name}.png"
            ui.download.content(sequence.display_png(frame_index, kind), self._file_name(name))

    def _file_name(self, name: str) -> str:
        path = self.session.path
        return legible_text(name if path is None else f"{path.stem}-{name}")


def _nearest_frame(sequence: SharpSequence, frame_index: int) -> int:
    return min(sequence.finished_frames, key=lambda frame: abs(frame - frame_index))


def _describe_previous(sequence: SharpSequence, frame_index: int) -> str:
    """Method of a previous sequence, and its frame where it lacks the one that is shown."""
    nearest = _nearest_frame(sequence, frame_index)
    frame = "" if nearest == frame_index else f", frame {nearest}"
    return f"The result before ({sequence.method}{frame})"


def _comparison_legend(sequence: SharpSequence, kind: str, left: str | None = None) -> str:
    """Legend of the comparison: what is on its left, by default the input, and right."""
    # All kinds but the mean and the spread are samples; of one sample there is the mean alone.
    count = max(1, len(sequence.kinds) - 2)
    samples = "one sample" if count == 1 else f"{count} samples"
    right = {
        SHARP: "sharp",
        MEAN: f"the mean of {samples}",
        SPREAD: f"the standard deviation of {samples}",
    }.get(kind, f"{kind} of {count}")
    left = left or ("TFP" if sequence.blur is None else "Blurry")
    text = f"{left} on the left, {right} on the right"
    if kind == SPREAD:
        return f"{text}; white is {sequence.white:.4f}"
    return text if sequence.blur is not None else f"{text}, both stretched from black to white"
