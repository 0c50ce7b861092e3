"""A loopback HTTP server for tests: answers by script with real statuses and headers, and remembers what was asked.

with serve(script(Answer(503, headers={"Retry-After": "3"}), Answer(body=[[1.0]]))) as server:
    ...                              # ask server.url
assert len(server.requests) == 2
"""

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent; the names of headers in lower case. `port` is the client's: one for each connection."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    port: int = 0

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server does.

    body: bytes as they are, str as UTF-8, anything else as JSON.
    cut: announce the whole body, send half, and close.
    close: close without a word.
    stall: hold the connection, without a word, until the server ends.
    """

    status: int = 200
    body: Any = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    close: bool = False
    stall: bool = False

    def encode(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return (self.body if isinstance(self.body, str) else json.dumps(self.body)).encode()


Handler = Callable[[Request], Answer]


@dataclass(slots=True)
class Server:
    """A running server: its URL, without a slash at the end, and the requests so far in order of arrival."""

    url: str
    requests: list[Request] = field(default_factory=list)

    def count(self, method: str) -> int:
        return sum(request.method == method for request in self.requests)


def script(*answers: Answer) -> Handler:
    """Answer in this order; the last one stays."""
    remaining = iter(answers)
    lock = threading.Lock()
    last = answers[-1]

    def answer(_: Request) -> Answer:
        with lock:
            return next(remaining, last)

    return answer


def route(routes: Mapping[str, Handler]) -> Handler:
    """Answer by the path, 404 where none fits."""
    return lambda request: routes.get(request.path.partition("?")[0], script(Answer(404, "no such path")))(request)


@contextmanager
def serve(handler: Handler) -> Iterator[Server]:
    """Serve on a free port of 127.0.0.1 until the block ends."""
    listener = _Listener(handler)
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield listener.record
    finally:
        listener.end()
        thread.join()


class _Listener(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True
    block_on_close = False

    def __init__(self, handler: Handler) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.handler = handler
        self.record = Server(f"http://127.0.0.1:{self.server_port}")
        self.ended = threading.Event()
        self._connections: list[socket.socket] = []

    def end(self) -> None:
        """Stop, and cut the connections that clients keep alive."""
        self.ended.set()
        self.shutdown()
        self.server_close()
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._connections.append(connection)
        return connection, address

    def handle_error(self, *_: object) -> None:
        pass  # a client that went away is part of the tests


class _Connection(BaseHTTPRequestHandler):
    server: _Listener
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body leave together: in two writes, each answer would wait 40 ms
    disable_nagle_algorithm = True

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, body, self.client_address[1])
        self.server.record.requests.append(request)
        self.give(self.server.handler(request))

    do_HEAD = do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - the library's names

    def give(self, answer: Answer) -> None:
        if answer.stall:
            self.server.ended.wait()
        if answer.stall or answer.close:
            self.close_connection = True
            return
        body = answer.encode()
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if answer.cut else body)
        self.close_connection = self.close_connection or answer.cut

    def log_message(self, *_: object) -> None:
        pass


def find_free_port() -> int:
    """Find a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
