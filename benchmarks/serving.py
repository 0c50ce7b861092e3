# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""Loopback HTTP servers that are processes of their own, so that they take no turn of the one that is measured."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Answering(BaseHTTPRequestHandler):
    """A connection that is kept, and logs nothing."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body leave together
    disable_nagle_algorithm = True

    def answer(self, body: bytes) -> None:
        """Answer one request; its method is `command`."""
        raise NotImplementedError

    def _receive(self) -> None:
        self.answer(self.rfile.read(int(self.headers.get("content-length") or 0)))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _receive  # noqa: N815 - the library's names

    def give(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        """Answer with a whole body."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        pass  # a client that went away


def serve(answering: type[Answering]) -> None:
    """Serve for ever; the port is printed."""
    server = _Server(("127.0.0.1", 0), answering)
    print(server.server_port, flush=True)
    server.serve_forever()


@contextmanager
def open_server(script: str | Path, *arguments: str) -> Iterator[str]:
    """Run a script that serves as above until the block ends; give the URL."""
    command = [sys.executable, str(script), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()
