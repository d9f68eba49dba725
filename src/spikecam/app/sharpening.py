"""Deblurring: a blurry picture of the same moment, and the sharp film inside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nicegui import run, ui

from spikecam.app.addresses import blur_address, film_address, frame_address
from spikecam.app.desk import Desk
from spikecam.app.drawing import Drawing
from spikecam.app.film import FORMATS, Film
from spikecam.app.filming import MEAN, SHARP, SPIKEGEN, SPREAD, room_around
from spikecam.app.look import look_at
from spikecam.app.player import Player
from spikecam.app.saying import say, saying
from spikecam.errors import OptionError
from spikecam.exposure import resolve_exposure
from spikecam.frames import evenly_spaced_frames

_METHODS: dict[str, dict[str, Any]] = {
    "refined: the best": {"method": "refined"},
    "refined-small: ten times as fast": {"method": "refined", "weights": "refined-small"},
    "sdm: the bare formula": {"method": "sdm"},
    "ldn: the student of S-SDM": {"method": "ldn"},
    "teacher: the teacher of S-SDM": {"method": "teacher"},
    "spikegen: samples, and how sure they are": {"method": SPIKEGEN},
}
# Among the blurry pictures, where the method needs none.
_NO_PICTURE = "no picture: spikes alone"


class Sharpening:
    """The part of a page that deblurs, compares and gives away.

    Args:
        desk: what is worked on.
        shown: whether this part is what the page shows; a film plays only then.
    """

    def __init__(self, desk: Desk, shown: Callable[[], bool]) -> None:
        self.desk = desk
        self._timer = ui.timer(0.2, self._progress, active=False)
        with ui.row().classes("w-full gap-6 items-start no-wrap max-md:flex-wrap"):
            with ui.column().classes("w-72 shrink-0 gap-2 max-md:w-full"):
                self._controls()
            with ui.column().classes("grow min-w-0 gap-2 max-md:w-full") as self._result:
                self._results(shown)
        self._result.visible = False

    def _controls(self) -> None:
        self._blur = ui.select({}, label="Blurry picture").classes("w-full")
        with ui.row().classes("w-full no-wrap gap-2"):
            self._start = ui.number("Exposed from frame", min=0, precision=0).classes("grow")
            self._stop = ui.number("to before frame", min=1, precision=0).classes("grow")
        self._count = ui.number("Sharp frames", value=7, min=1, precision=0).classes("w-full")
        self._method = ui.select([*_METHODS], value=next(iter(_METHODS)), label="Method")
        self._method.classes("w-full").on_value_change(self._choose_method)
        self._drawing = Drawing()
        with ui.row().classes("gap-2"):
            self._begin = ui.button("Deblur", icon="auto_fix_high", on_click=self._deblur)
            self._cancel = ui.button("Cancel", on_click=self._give_up).props("flat")
        self._bar = ui.linear_progress(0, show_value=False)
        self._done = ui.label().classes("text-sm")
        self._cancel.visible = self._bar.visible = False

    def _results(self, shown: Callable[[], bool]) -> None:
        self._legend = ui.label().classes("text-sm opacity-70")
        self._compare = ui.element("div").classes("compare w-full")
        with self._compare:
            self._before = ui.element("img").props('alt="the left picture"')
            self._after = ui.element("img").classes("after").props('alt="the right picture"')
        cut = ui.slider(min=0, max=100, value=50).props('aria-label="Compare"')
        cut.on(
            "update:model-value",
            js_handler=f"(value) => getHtmlElement({self._compare.id}).style"
            '.setProperty("--cut", value + "%")',
        )
        self._kind = ui.select([], label="On the right", on_change=self._show).classes("w-48")
        with ui.row().classes("w-full items-center gap-3 no-wrap"):
            self._player = Player("Play the film", self._forward, shown)
            self._slider = ui.slider(min=0, max=1, value=0, on_change=self._show).classes("grow")
            self._slider.props('aria-label="Frame of the film"')
        self._where = ui.label().classes("text-sm")
        with ui.row().classes("items-center gap-2"):
            ui.label("Download")
            for kind, name in {"mp4": "MP4", "gif": "GIF", "png": "PNG files"}.items():
                ui.button(name, on_click=lambda kind=kind: self._take(kind)).props("outline dense")
            self._fps = ui.number("Frames a second", value=12, min=1, max=120, precision=0)
            self._fps.classes("w-32")
        self._truth = ui.select(
            {}, label="The sharp picture of this frame, where you have it", clearable=True
        ).classes("w-full")
        self._truth.on_value_change(self._score)
        self._scored = ui.label().classes("text-sm whitespace-pre-line")

    def begin(self) -> None:
        """Offer what belongs to the recording that was opened."""
        stream = self.desk.stream
        if stream is None:
            return
        self._result.visible = False
        self._player.stop()
        self._done.set_text("")
        self._compare.style(f"max-width: {65 * stream.width / stream.height:.0f}vh")
        start, stop = resolve_exposure(stream)
        self._start.set_value(start)
        self._stop.set_value(stop)
        self.offer()

    def offer(self, chosen: Path | None = None) -> None:
        """The pictures that there are, ``chosen`` or the likeliest as the blurry one."""
        with saying():
            named = {str(path): path.name for path in self.desk.pictures()}
            self._offer_blur(named, chosen)
            self._truth.set_options(named, value=None)

    def _offer_blur(self, named: dict[str, str], chosen: Path | None = None) -> None:
        likely = [path for path, name in named.items() if "blur" in name.lower()]
        # Least likely of all.
        none = {_NO_PICTURE: _NO_PICTURE} if self._generates() else {}
        offered = {**named, **none}
        kept = self._blur.value if self._blur.value in offered else None
        blur = str(chosen) if chosen else kept or next(iter([*likely, *offered]), None)
        self._blur.set_options(offered, value=blur)

    def _generates(self) -> bool:
        return bool(_METHODS[self._method.value]["method"] == SPIKEGEN)

    def _choose_method(self) -> None:
        self._drawing.show(self._generates())
        with saying():
            self._offer_blur({str(path): path.name for path in self.desk.pictures()})

    async def _deblur(self) -> None:
        with saying():
            film = self._new_film()
            self._timer.active = True
            self._begin.disable()
            self._result.visible = False
            self._bar.set_value(0)
            self._done.set_text("loading")
            self._bar.visible = self._cancel.visible = True
            try:
                # The networks are loaded there, too.
                await run.io_bound(film.make)
            finally:
                self._timer.active = False
                self._begin.enable()
                self._bar.visible = self._cancel.visible = False
            self._finish(film)

    def _new_film(self) -> Film:
        if self.desk.stream is None:
            raise OptionError("open a recording first")
        if not self._blur.value:
            raise OptionError(
                "there is no blurry picture; drop one onto this page, or put it beside the "
                "recording"
            )
        options = _METHODS[self._method.value]
        if self._generates():
            options = {**options, "sampling": self._drawing.sampling()}
        blur = None if self._blur.value == _NO_PICTURE else Path(self._blur.value)
        exposure = int(self._start.value or 0), int(self._stop.value or 0)
        count = int(self._count.value or 0)
        room = room_around(options["method"], self.desk.stream)
        frames = evenly_spaced_frames(self.desk.stream, count, exposure, room)
        return self.desk.new_film(blur, frames, exposure, options)

    def _progress(self) -> None:
        film = self.desk.film
        if film is not None and film.done:
            self._bar.set_value(film.done / len(film.frames))
            self._done.set_text(f"{film.done} of {len(film.frames)} frames")

    def _give_up(self) -> None:
        if self.desk.film is not None:
            self.desk.film.stop()

    def _finish(self, film: Film) -> None:
        if film is not self.desk.film:
            # Another recording was opened meanwhile.
            self._done.set_text("")
            return
        count = len(film.made)
        self._done.set_text(f"{count} of {len(film.frames)} frames")
        frames = "1 frame" if count == 1 else f"{count} frames"
        say(f"stopped after {frames}" if film.stopped else f"sharp: {frames}")
        if not count:
            return
        self._result.visible = True
        self._slider.props(f":max={count - 1}")
        self._slider.set_value(min(count // 2, count - 1))
        self._kind.set_options(list(film.kinds), value=film.kinds[0])
        self._kind.visible = len(film.kinds) > 1
        self._show()

    def _show(self) -> None:
        film, stream = self.desk.film, self.desk.stream
        if film is None or stream is None or not film.made or self._kind.value not in film.kinds:
            return
        number, kind = film.made[int(self._slider.value or 0)], self._kind.value
        # Of spikes alone nothing is blurry; what is on the left is the plainest picture of them.
        before = (
            frame_address(self.desk, number, look_at(stream, number))
            if film.blur is None
            else blur_address(self.desk)
        )
        self._before.props(f'src="{before}"')
        self._after.props(f'src="{film_address(self.desk, number, kind)}"')
        self._where.set_text(f"frame {number}")
        self._legend.set_text(_legend(film, kind))
        self._truth.visible = film.blur is not None and kind != SPREAD
        # Of another picture than the one that was scored.
        self._truth.set_value(None)

    async def _score(self) -> None:
        film = self.desk.film
        self._scored.set_text("")
        if film is None or not film.made or not self._truth.value:
            return
        with saying():
            number, truth = film.made[int(self._slider.value or 0)], self._truth.value
            path = self.desk.picture(Path(truth))
            found = await run.io_bound(film.score, number, path, self._kind.value)
            if found is None or truth != self._truth.value:
                # Something else is chosen by now.
                return
            self._scored.set_text(
                f"PSNR {found['psnr']:.2f} dB, SSIM {found['ssim']:.4f}\nthe blurry picture: "
                f"{found['psnr of the blurry picture']:.2f} dB, "
                f"{found['ssim of the blurry picture']:.4f}"
            )

    def _forward(self) -> None:
        film = self.desk.film
        if film is not None and film.made:
            self._slider.set_value((int(self._slider.value or 0) + 1) % len(film.made))

    async def _take(self, kind: str) -> None:
        film = self.desk.film
        with saying():
            if film is None:
                raise OptionError("there is no film; deblur first")
            path = await run.io_bound(film.take, kind, float(self._fps.value or 12))
            if path is not None:
                ui.download.file(path, FORMATS[kind])


def _legend(film: Film, kind: str) -> str:
    """What is on the left, and on the right."""
    # All but the mean and the spread, which there are not of one alone.
    count = max(1, len(film.kinds) - 2)
    samples = "one sample" if count == 1 else f"{count} samples"
    right = {
        SHARP: "sharp",
        MEAN: f"the mean of {samples}",
        SPREAD: f"the standard deviation of {samples}",
    }.get(kind, f"{kind} of {count}")
    left = "TFP" if film.blur is None else "Blurry"
    text = f"{left} on the left, {right} on the right"
    if kind == SPREAD:
        return f"{text}; white is {film.white:.4f}"
    return text if film.blur is not None else f"{text}, both stretched from black to white"
