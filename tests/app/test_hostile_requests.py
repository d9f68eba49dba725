"""Hostile requests to a running server, hundreds of them: none gets through."""

import base64
import itertools
import json
import os
import re
import socket
from urllib.parse import quote, urlencode

import numpy as np
import pytest

import spikecam as sc

SECRET = b"the secret of another folder"
# Answers that let nobody in, and hold nothing.
REFUSED = {400, 403, 404, 405, 411, 413, 422}
DEEP = "[" * 5000 + "]" * 5000
SETTINGS = {"method": "tfp", "options": {}, "low": 1, "high": 99, "gamma": 1, "fixed_range": None}


class Server:
    """What the attacker knows of a server, and requests that are sent as they are written."""

    def __init__(self, address):
        self.host, query = address.removeprefix("http://").split("/?key=")
        self.key, self.port = query, int(self.host.rpartition(":")[2])
        self.cookie = f"Cookie: spikecam-{self.port}={self.key}"
        self.count = 0

    def send(self, target="/", *headers, method="GET", body=b"", host=None):
        """Status and body of the answer to a request, byte for byte as given."""
        if "Connection: Upgrade" not in headers:
            headers = (*headers, "Connection: close")
        head = [f"{method} {target} HTTP/1.1", f"Host: {host or self.host}", *headers]
        lines = "\r\n".join([*head, "", ""]).encode("utf-8", "surrogateescape")
        self.count += 1
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(lines + body)
            answer = bytearray()
            while part := _receive(connection):
                answer += part
                if answer.startswith(b"HTTP/1.1 101"):
                    break
        head, _, body = bytes(answer).partition(b"\r\n\r\n")
        assert SECRET not in body
        return (int(head.split()[1]) if head else 400), body

    def upgrade(self, *headers, target="/_nicegui_ws/socket.io/?EIO=4&transport=websocket"):
        """Status of the answer to a handshake of a websocket."""
        return self.send(
            target,
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            *headers,
        )[0]


def _receive(connection):
    try:
        return connection.recv(65536)
    except ConnectionResetError:
        # The server has refused what is still being sent.
        return b""


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    """A folder that may be opened, beside what may not."""
    top = tmp_path_factory.mktemp("hostile")
    folder = top / "folder"
    sc.save(folder / "a.npz", sc.SpikeStream.from_array(np.ones((60, 8, 16))))
    (folder / "bare.dat").write_bytes(bytes(16 * 60))
    for place in (top, top / "folder-evil"):
        place.mkdir(exist_ok=True)
        (place / "secret.dat").write_bytes(SECRET * 100)
    (folder / "link.dat").symlink_to(top / "secret.dat")
    (folder / "linked").symlink_to(top)
    (folder / "passwd.dat").symlink_to("/etc/passwd")
    (folder / "loop.dat").symlink_to("loop.dat")
    os.mkfifo(folder / "pipe.dat")
    return folder


@pytest.fixture(scope="module")
def process(served_for_module, outside):
    return served_for_module("app", outside, "--upload", "0.001")


@pytest.fixture
def server(process):
    yield Server(process[0])
    # Nothing of it brought the server down.
    assert process[1].poll() is None


@pytest.fixture
def token(server, page, outside):
    """The secret token of a page that is open, which only its own pictures name."""
    with page.expect_request(re.compile("/frame")) as request:
        page.goto(f"http://{server.host}/?key={server.key}&recording={outside / 'a.npz'}")
    return request.value.url.split("/session/")[1].split("/")[0]


def paths_outside(folder):
    """Names by which a file outside of the folder might be reached."""
    climbs = [f"{folder}/" + "../" * count + "secret.dat" for count in (1, 2, 3, 150)]
    encoded = [text.replace("../", "%2e%2e/") for text in climbs]
    return [
        *climbs,
        *encoded,
        *(text.replace("%", "%25") for text in encoded),
        *(text.replace("../", "..\\") for text in climbs),
        *(text.replace("../", "\uff0e\uff0e/") for text in climbs),
        *(text.replace("../", "....//") for text in climbs),
        str(folder.parent / "secret.dat"),
        f"{folder}-evil/secret.dat",
        str(folder / "link.dat"),
        str(folder / "linked" / "secret.dat"),
        str(folder / "passwd.dat"),
        str(folder / "loop.dat"),
        str(folder / "pipe.dat"),
        str(folder / "a.npz") + "%00.dat",
        "%00",
        "\x00",
        "/etc/passwd",
        "/proc/self/environ",
        "/dev/zero",
        "//etc/passwd",
        "~/.ssh/id_rsa",
        "file:///etc/passwd",
        "http://127.0.0.1:1/secret.dat",
        "s3://bucket/secret.dat",
        "\\\\evil.example\\share\\secret.dat",
        "C:\\secret.dat",
        "a" * 5000,
        "%ff%fe",
        "",
    ]


def test_nobody_without_the_key_is_let_in(server):
    targets = (
        "/",
        "/live",
        "/scene/x",
        "/favicon.ico",
        "/_nicegui/3.0.0/static/nicegui.js",
        "/_nicegui/3.0.0/components/input.js",
        "/_nicegui/client/x/upload/1",
        "/_nicegui_ws/socket.io/?EIO=4&transport=polling",
        "/session/x/frame?version=0&frame_index=0&settings=%7B%7D",
        "/session/x/preview?path=/etc/passwd",
        "/docs",
        "/openapi.json",
    )
    key, name = server.key, f"spikecam-{server.port}"
    credentials = (
        (),
        (f"Cookie: {name}=guessed",),
        (f"Cookie: spikecam-{server.port + 1}={key}",),
        (f"Authorization: Bearer {key}", f"X-Key: {key}"),
    )
    for target, headers in itertools.product(targets, credentials):
        assert server.send(target, *headers)[0] == 403, (target, headers)
    wrong_keys = (
        key[:-1],
        key + "x",
        key.swapcase(),
        key[::-1],
        f"%00{key}",
        f"{key}%00",
        f"%20{key}",
        base64.b64encode(key.encode()).decode(),
        "",
        "%ff",
        quote("\u043a\u043b\u044e\u0447"),
        "x" * 20_000,
        f"guessed&key={key}",
        f"guessed;key={key}",
    )
    for wrong in wrong_keys:
        assert server.send(f"/?key={wrong}")[0] == 403, wrong
    for name_and_value in (f"key[]={key}", f"KEY={key}", f"key%00={key}", f"k={key}"):
        assert server.send(f"/?{name_and_value}")[0] == 403, name_and_value
    wrong_cookies = (
        "a;;=b",
        f"{name}=",
        f'{name}="',
        f"{name}={key}x",
        f"{name}={key[:-1]}",
        f"{name.upper()}={key}",
        f"x{name}={key}",
        f"{name}=\xff",
        "=" * 1000,
        f"{name}=guessed; {name}=guessed",
    )
    for cookie in wrong_cookies:
        assert server.send("/", f"Cookie: {cookie}")[0] == 403, cookie
    for method in ("HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"):
        assert server.send(method=method)[0] == 403, method
    for header in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Forwarded-Host"):
        assert server.send("/", f"{header}: 127.0.0.1")[0] == 403, header
    assert server.count >= 85
    # The same ways are open to who has the key.
    assert server.send("/", server.cookie)[0] == server.send(f"/?key={key}")[0] == 200


def test_no_other_site_asks_in_the_name_of_a_visitor(server):
    own = f"http://{server.host}"
    origins = (
        "http://evil.example",
        "https://evil.example",
        "null",
        "",
        "file://",
        f"{own}0",
        f"{own}.evil.example",
        f"http://evil.example:{server.port}",
        f"http://127.0.0.1@evil.example:{server.port}",
        f"http://localhost:{server.port}",
        "http://127.0.0.1",
        "http://[",
        "http://[::1]",
        f"{own}/",
        f"{own} http://evil.example",
        f"chrome-extension://{server.host}.",
    )
    for origin in origins:
        assert server.send("/", server.cookie, f"Origin: {origin}")[0] == 403, origin
        assert server.upgrade(server.cookie, f"Origin: {origin}") == 403, origin
        assert server.upgrade(server.cookie, f"Origin: {origin}", target="/live") == 403, origin
    hosts = (
        "evil.example",
        f"evil.example:{server.port}",
        "169.254.169.254",
        "0.0.0.0",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "127.0.0.1@evil.example",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "[",
        "\xff",
    )
    for host in hosts:
        assert server.send("/", server.cookie, host=host)[0] in {400, 403}, host
        assert server.send("/", server.cookie, f"Origin: http://{host}", host=host)[0] in {400, 403}
        assert server.upgrade(server.cookie, f"Host: {host}") in {400, 403}, host
    for credentials in ((), ("Cookie: spikecam=x",), (f"Cookie: spikecam-1={server.key}",)):
        assert server.upgrade(*credentials) == 403
    assert server.count >= 80
    assert server.send("/", server.cookie, f"Origin: {own}")[0] == 200
    assert server.upgrade(server.cookie, f"Origin: {own}") == 101


def test_no_file_outside_of_the_folder_is_read_with_the_key(server, outside, token):
    for path in paths_outside(outside):
        for text, kind in itertools.product(
            {quote(path), quote(quote(path))}, ("preview", "thumbnail", "candidate")
        ):
            target = f"/session/{token}/{kind}?path={text}&width=16&height=8"
            status, body = server.send(target, server.cookie)
            # A sentence takes the place of the picture.
            assert status in REFUSED or (status == 200 and body.startswith(b"<svg")), path
            assert b"root:" not in body
        assert b"root:" not in server.send(f"/?recording={quote(path)}", server.cookie)[1]
    for base, path in itertools.product(
        (
            "",
            "/_nicegui/3.18.0/static",
            "/_nicegui/3.18.0/libraries",
            "/_nicegui/3.18.0/components",
        ),
        (
            "/../../../../etc/passwd",
            "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
            "/..%2f..%2f..%2fetc%2fpasswd",
            "/%252e%252e%252fetc%252fpasswd",
            "//etc/passwd",
            "/%00",
            "/a%00.js",
            "/" + "a/" * 500,
        ),
    ):
        status, body = server.send(base + path, server.cookie)
        assert status in REFUSED, base + path
        assert b"root:" not in body
    assert server.count >= 290
    # A file of the folder is shown.
    right = f"/session/{token}/preview?path={quote(str(outside / 'bare.dat'))}&width=16&height=8"
    assert server.send(right, server.cookie)[1].startswith(b"\x89PNG")


def test_parameters_that_no_page_sends_are_refused(server, token):
    def frame(version=1, frame_index=30, settings=None, **others):
        text = settings if isinstance(settings, str) else json.dumps(settings or SETTINGS)
        query = {"version": version, "frame_index": frame_index, "settings": text, **others}
        return server.send(f"/session/{token}/frame?{urlencode(query)}", server.cookie)

    assert frame()[1].startswith(b"\x89PNG")
    no_settings = (
        "",
        "{",
        "null",
        "1",
        '"text"',
        "[]",
        DEEP,
        '{"a":' * 5000,
        "\x00",
        "NaN",
        "1e999",
    )
    for text in no_settings:
        assert frame(settings=text)[0] == 400, text[:20]
    refused = (
        {"method": "../../etc/passwd"},
        {"method": ["tfp"]},
        {"method": {"tfp": 1}},
        {"method": "x" * 10_000},
        {"options": {"weights": "/etc/passwd"}},
        {"options": {"window": "3"}},
        {"options": {"window": 10**30}},
        {"options": {"window": True}},
        {"options": {"window": [3]}},
        {"options": {"fixed_pattern": "/etc/passwd"}},
        {"options": {"__class__": 1}},
        {"options": [1]},
        {"options": None},
        {"low": "1"},
        {"low": [1]},
        {"low": 99, "high": 1},
        {"low": float("nan")},
        {"low": -1e999},
        {"gamma": 0},
        {"gamma": -1},
        {"gamma": "x"},
        {"gamma": float("nan")},
        {"fixed_range": [1]},
        {"fixed_range": [1, 0]},
        {"fixed_range": "xx"},
        {"fixed_range": {"a": 1, "b": 2}},
        {"other": 1},
    )
    for changes in refused:
        status, body = frame(settings=SETTINGS | changes)
        assert status in REFUSED or (status == 200 and body.startswith(b"<svg")), changes
    numbers = (-1, 60, 10**30, "", "x", "1.5", "NaN", "\x00", "1;2", "٣", "0x1", "1" * 5000)
    for number in numbers:
        status, body = frame(frame_index=number)
        assert status in REFUSED or body.startswith((b"<svg", b"\x89PNG")), number
        assert frame(version=number)[0] in REFUSED, number
        for name in ("width", "height"):
            query = urlencode({"path": "a.npz", "width": 16, "height": 8, name: number})
            status, body = server.send(f"/session/{token}/preview?{query}", server.cookie)
            assert status in REFUSED or body.startswith(b"<svg"), number
    for kind in ("blur", "sequence", "nothing", "", "frame/..", "%00"):
        target = f"/session/{token}/{kind}?version=1&frame_index=1&kind=../x"
        assert server.send(target, server.cookie)[0] in REFUSED, kind
    for other in ("", "x", token[:-1], token + "x", token.swapcase(), "%00", "..", "x" * 5000):
        target = f"/session/{other}/frame?version=1&frame_index=30&settings=%7B%7D"
        assert server.send(target, server.cookie)[0] in REFUSED, other
    addresses = ("frame=x", "size=0x0", f"size={'9' * 99}x1", "camera=../x", "tab=%00", "rate=nan")
    for query in (*addresses, "recording=%00", f"recording={quote(DEEP)}", "recording=%ff"):
        assert server.send(f"/?recording=sample&{query}", server.cookie)[0] == 200, query
    assert server.count >= 110


def upload_route(page):
    return page.evaluate("Object.values(mounted_app.elements).find((e) => e.props?.url).props.url")


def test_uploads_are_named_harmlessly_and_bounded(server, page, token, tmp_path):
    route = upload_route(page)
    content = b'--x\r\nContent-Disposition: form-data; name=f; filename="%s"\r\n\r\n%s\r\n--x--\r\n'
    form = "Content-Type: multipart/form-data; boundary=x"

    def upload(name, *headers, data=b"text", length=None):
        body = content % (name.encode("utf-8", "surrogateescape"), data)
        size = len(body) if length is None else length
        lengths = () if size == "" else (f"Content-Length: {size}",)
        return server.send(route, form, *headers, *lengths, method="POST", body=body)[0]

    own = server.cookie
    for headers in (
        (),
        ("Cookie: x=1",),
        (own, "Origin: http://evil.example"),
        (own, "Origin: null"),
    ):
        assert upload("a.npz", *headers) == 403, headers
    for length in ("-1", "x", "1.5", "0x10", "9" * 5000, "9" * 15, "", "+5", "5, 5", "\u0665"):
        assert upload("a.npz", own, length=length) in REFUSED, length
    assert upload("a.npz", own, data=b"0" * 2_100_000) == 413
    chunked = "Transfer-Encoding: chunked"
    assert upload("a.npz", own, chunked, length="") in REFUSED
    assert upload("a.npz", own, chunked, length=5) in REFUSED
    names = (
        "../../evil.npz",
        "..\\..\\evil.npz",
        "/etc/evil.npz",
        "%2e%2e%2fevil.npz",
        "evil.npz\x00.png",
        "\u202egpj.npz",
        "x" * 300 + ".npz",
        ".npz",
        "..",
        "",
        "CON.npz",
        "a/../../../evil.npz",
        "~evil.npz",
        "$(touch evil).npz",
        "<script>alert(1)</script>.npz",
        "\udcff.npz",
    )
    for name in names:
        assert upload(name, own) in {200, 400}, name
    assert not [path for path in tmp_path.rglob("*evil*") if "uploads" not in path.parts]
    many = b"".join(content[: -len("--x--\r\n")] % (b"%d.npz" % i, b"x") for i in range(1500))
    size = f"Content-Length: {len(many)}"
    assert server.send(route, form, size, own, method="POST", body=many + b"--x--")[0] in REFUSED
    assert server.send("/", own)[0] == 200


def test_messages_that_no_page_sends_do_no_harm(server, page, token):
    from websockets.sync.client import connect

    target = f"ws://{server.host}/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
    client = upload_route(page).split("/")[3]
    messages = (
        "",
        "4",
        "99",
        "40",
        f'42["event",{DEEP}]',
        f'42["handshake",{DEEP}]',
        f'42["handshake",{{"client_id":{DEEP}}}]',
        '42["handshake",{"client_id":"x","tab_id":"x","document_id":"x"}]',
        '42["handshake",{}]',
        '42["handshake"]',
        '42["event",{"client_id":"' + client + '"}]',
        '42["event",null]',
        '42["log",{"client_id":"x"}]',
        '42["ack",{"client_id":[]}]',
        '42["\x00"]',
        "42[",
        "451-[",
        "\x00",
        "4" * 100_000,
        '42["event",' + '{"a":' * 100_000,
    )
    for message in messages:
        with connect(target, additional_headers=[tuple(server.cookie.split(": "))]) as socket_:
            socket_.recv(timeout=5)
            socket_.send("40")
            socket_.recv(timeout=5)
            socket_.send(message)
    polling = "/_nicegui_ws/socket.io/?EIO=4&transport=polling"
    for body in (DEEP.encode(), b"4" + DEEP.encode(), b"\xff\x00", b"42" + DEEP.encode()):
        for session in ("", "&sid=x", "&sid=%00"):
            head = (server.cookie, f"Content-Length: {len(body)}")
            status, _ = server.send(polling + session, *head, method="POST", body=body)
            assert status in REFUSED, (body[:10], session)
    # The page goes on as before.
    page.keyboard.press("Home")
    page.get_by_text(re.compile("^frame 20$")).wait_for()
    assert page.errors == []
