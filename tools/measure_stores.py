"""Measures of stores of recordings: `formats` on disk, and `remote` against a local object store.

python tools/measure_stores.py formats RECORDING.dat ...   ratio and speed of .zarr, .h5 and .dat
python tools/measure_stores.py remote RECORDING.dat        reconstruction from s3:// and from disk

With AWS_ENDPOINT_URL and keys in the environment the S3 server is that one, in place of moto's.
"""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

import spikecam as sc

REPEATS = 3


def seconds(work):
    """Least seconds of several runs."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def read(path):
    stream = sc.open(path)
    for span in stream.block_spans():
        stream.packed(*span)


def content_bytes(path):
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def measure_formats(paths):
    for path in paths:
        stream = sc.open(path)
        megabytes = len(stream) * -(-stream.height * stream.width // 8) / 1e6
        print(f"{path}: {stream}, {megabytes:.1f} MB, {stream.count().mean() / len(stream):.3f}")
        with tempfile.TemporaryDirectory() as folder:
            for name in ("a.dat", "a.zarr", "a.h5"):
                out = Path(folder) / name
                writing = seconds(partial(sc.write_recording, out, stream, overwrite=True))
                reading = seconds(partial(read, out))
                ratio = megabytes * 1e6 / content_bytes(out)
                speeds = (
                    f"write {megabytes / writing:.0f} MB/s, read {megabytes / reading:.0f} MB/s"
                )
                print(f"  {out.suffix}: ratio {ratio:.2f}, {speeds}", flush=True)


HTTP_SERVER = """
import re, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        try:
            file = open(sys.argv[1] + self.path, "rb")
        except OSError:
            self.send_response(404)
            self.send_header("Content-Length", "0")
            return self.end_headers()
        size = file.seek(0, 2)
        first, last = re.findall(r"\\d+", self.headers["Range"])
        first, last = int(first), min(int(last), size - 1)
        file.seek(first)
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.send_header("Content-Length", str(last + 1 - first))
        self.end_headers()
        self.wfile.write(file.read(last + 1 - first))
    def log_message(self, *words):
        pass
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""
S3_SERVER = """
import logging, time
from moto.server import ThreadedMotoServer
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
time.sleep(3600)
"""


@contextmanager
def served(code, *words):
    """Port of a server that runs as a process of its own."""
    server = subprocess.Popen(
        [sys.executable, "-c", code, *words], stdout=subprocess.PIPE, text=True
    )
    try:
        yield int(server.stdout.readline())
    finally:
        server.kill()


def compare(name, near, far, methods=("tfp", "tfi")):
    """Print speeds of reading and of reconstruction, from disk and from far away."""
    megabytes = near.stat().st_size / 1e6
    frames = np.arange(200, len(sc.open(near)) - 200, 25).tolist()

    def reconstruct(source, method):
        for _ in sc.reconstruct_frames(sc.open(source), method, frames=frames):
            pass

    print(f"{name}: read {megabytes / seconds(lambda: read(far)):.0f} MB/s")
    for method in methods:
        reconstruct(near, method)
        disk, remote = (seconds(partial(reconstruct, source, method)) for source in (near, far))
        print(f"  {method}: disk {disk:.2f} s, far {remote:.2f} s, {disk / remote:.0%}", flush=True)


def measure_remote(path):
    """Reconstruction from servers on this machine, beside that from disk."""
    with served(HTTP_SERVER, str(path.parent)) as port:
        compare("http", path, f"http://127.0.0.1:{port}/{path.name}")
    if "AWS_ENDPOINT_URL" in os.environ:
        compare_s3(path, "s3 server")
        return
    with served(S3_SERVER) as port, tempfile.TemporaryDirectory() as folder:
        # moto copies all of an object for each range, so a small one shows more.
        small = Path(folder) / "a.dat"
        sc.write_recording(small, sc.open(path)[:1200])
        os.environ |= {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        compare_s3(small, "s3 server (moto)")


def compare_s3(path, server):
    """Print speeds of an S3 server itself, and of reconstruction from it and from disk."""
    import s3fs

    bucket = s3fs.S3FileSystem()
    # A web server that shows a folder as a bucket answers reads alone.
    if not bucket.exists(f"recordings/{path.name}"):
        if not bucket.exists("recordings"):
            bucket.mkdir("recordings")
        for file in (path, path.with_name(f"{path.name}.json")):
            bucket.put(str(file), f"recordings/{file.name}")
    megabytes = path.stat().st_size / 1e6
    speed = megabytes / seconds(lambda: bucket.cat_file(f"recordings/{path.name}"))
    print(f"{server} itself: {speed:.0f} MB/s")
    compare("s3", path, f"s3://recordings/{path.name}")


if __name__ == "__main__":
    if sys.argv[1] == "formats":
        measure_formats([Path(path) for path in sys.argv[2:]])
    else:
        measure_remote(Path(sys.argv[2]))
