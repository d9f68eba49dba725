"""The live view: one page that shows what a camera records at this moment."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from io import BytesIO

import anyio
from nicegui import app, ui
from nicegui.server import Server
from PIL import Image
from starlette.responses import StreamingResponse

from spikecam.app.page import COLOUR
from spikecam.app.saying import saying
from spikecam.app.server import LOOPBACK, run
from spikecam.errors import SpikecamError
from spikecam.io.pictures import as_levels
from spikecam.online.follower import Follower
from spikecam.online.reconstructor import online_method_names, online_reconstructor
from spikecam.picture import Picture
from spikecam.show.display import Display
from spikecam.stream import SpikeStream

# Pictures from one fit of black and white to the next, and how much of a fit is taken over.
_REFIT, _EASE = 30, 0.3
_BOUNDARY = "picture"
_QUALITY = 90


class Brightness:
    """Black and white that follow the light slowly, so that pictures do not flicker."""

    def __init__(self) -> None:
        self.gamma = 1.0
        self._display: Display | None = None
        self._count = 0

    def __call__(self, picture: Picture) -> Picture:
        """The picture as it is shown."""
        if self._count % _REFIT == 0:
            new = Display.fit(picture)
            old = self._display or new
            black, white = (
                past + _EASE * (now - past)
                for past, now in ((old.black, new.black), (old.white, new.white))
            )
            self._display = Display(black, white)
        self._count += 1
        known = self._display or Display()
        return Display(known.black, known.white, self.gamma)(picture)


def jpegs(follower: Follower, brightness: Brightness) -> Iterator[bytes]:
    """The parts of a multipart stream, a picture each as fast as they come, until the end.

    What a browser does not take in time is skipped for it. Nothing where none comes for a while.
    """
    number = 0
    yield f"--{_BOUNDARY}\r\n".encode("ascii")
    while True:
        found = follower.next_picture(number, timeout=0.3)
        if found is None:
            if follower.ended:
                return
            yield b""
            continue
        number, picture = found
        follower.sent += 1
        held = BytesIO()
        Image.fromarray(as_levels(brightness(picture))).save(held, "JPEG", quality=_QUALITY)
        head = f"Content-Type: image/jpeg\r\nContent-Length: {held.tell()}\r\n\r\n"
        # Browsers show a part when the next begins; it does so at once.
        yield head.encode("ascii") + held.getvalue() + f"\r\n--{_BOUNDARY}\r\n".encode("ascii")


def serve_live(
    follower: Follower,
    blocks: Iterator[SpikeStream],
    shape: tuple[int, int],
    method: str,
    window: int,
    *,
    host: str = LOOPBACK,
    port: int = 0,
    browser: bool = True,
    say: Callable[[str], None] = print,
) -> None:
    """Follow frames in the background, and serve the page, until it is interrupted.

    Args:
        follower: makes the pictures.
        blocks: the frames as they come.
        shape: height and width of a frame.
        method: that the follower begins with.
        window: frames to a picture, of TFP.
        host, port, browser, say: as for `serve_app`.

    Raises:
        OptionError: the address cannot be listened on.
    """
    brightness = Brightness()

    @app.get("/live")
    def pictures() -> StreamingResponse:
        kind = f"multipart/x-mixed-replace; boundary={_BOUNDARY}"
        return StreamingResponse(_in_threads(jpegs(follower, brightness)), media_type=kind)

    def page() -> None:
        _build(follower, brightness, shape, method, window)

    thread = threading.Thread(target=follower.run, args=(blocks,), daemon=True)
    thread.start()
    try:
        run(page, host=host, port=port, limit=0, browser=browser, say=say)
    finally:
        follower.stop()
        thread.join(timeout=1)


async def _in_threads(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Each part made in a thread: what waits for a picture must not hold up the page.

    It ends with the server, which would wait for it.
    """
    while not Server.instance.should_exit:
        part = await anyio.to_thread.run_sync(next, parts, None)
        if part is None:
            return
        yield part


def _build(
    follower: Follower,
    brightness: Brightness,
    shape: tuple[int, int],
    method: str,
    window: int,
) -> None:
    ui.dark_mode(True)
    ui.colors(primary=COLOUR)
    with ui.row().classes("w-full items-center gap-6"):
        ui.label("spikecam live").classes("text-xl font-bold")

        def change(method: str) -> None:
            with saying():
                follower.reconstructor = online_reconstructor(method, shape, {"window": window})

        ui.toggle(
            {name: name.upper() for name in online_method_names()},
            value=method,
            on_change=lambda event: change(event.value),
        ).props('aria-label="Method"')
        ui.label("Gamma")
        ui.slider(min=0.5, max=3, step=0.1).bind_value(brightness, "gamma").props(
            'label aria-label="Gamma"'
        ).classes("w-40")
    image = ui.element("img").props('src="/live" alt="the camera, now"').classes("w-full")
    image.style("image-rendering: pixelated; max-height: 80vh; object-fit: contain")
    told = ui.label()

    def tell() -> None:
        told.set_text(state(follower))

    ui.timer(0.5, tell)


def state(follower: Follower) -> str:
    """What comes and what is shown, in a line."""
    if isinstance(follower.error, SpikecamError):
        return str(follower.error)
    if follower.error is not None:
        return "something went wrong inside spikecam; the terminal tells more when it ends"
    if follower.ended:
        return f"ended: {follower.summary()}"
    return (
        f"{follower.frame_rate:,.0f} frames a second read, "
        f"{follower.picture_rate:.0f} pictures a second made, {follower.sent_rate:.0f} sent here"
    )
