# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""Serve embeddings on this machine as a real service does: with a latency, a rate limit, and failures.

A process of its own, so that it takes no turn of the one that is measured. `open_service` starts it and gives its URL;
`GET /counts` tells what it answered so far, as {status: requests}, and `GET /texts` how many texts it embedded.
"""

import json
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import blake2b
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.request import urlopen

DIMENSION = 768
CUT, STALL = -1, -2  # instead of a status: the connection is cut; nothing is ever answered


@dataclass(frozen=True, slots=True)
class Manners:
    """How the service behaves.

    latency, per_text: seconds of a request, and more for each text; requests do not wait for each other.
    rate, burst: requests a second on average, and at once; 0 is no limit.
    words: what a 429 says: "retry-after", "ratelimit" or "".
    failures: the share of requests that end with a status, CUT or STALL.
    """

    latency: float = 0.0
    per_text: float = 0.0
    rate: float = 0.0
    burst: int = 0
    words: str = ""
    failures: Mapping[int, float] | None = None


class Bucket:
    """A token bucket."""

    def __init__(self, manners: Manners) -> None:
        self._manners = manners
        self._tokens = float(manners.burst)
        self._at = time.monotonic()
        self._lock = threading.Lock()

    def take(self) -> float:
        """Take a token: 0, or the seconds until there is one."""
        manners = self._manners
        if not manners.burst:
            return 0.0
        with self._lock:
            now = time.monotonic()
            self._tokens = min(manners.burst, self._tokens + (now - self._at) * manners.rate)
            self._at = now
            if self._tokens < 1:
                return (1 - self._tokens) / manners.rate
            self._tokens -= 1
            return 0.0


def make_rows() -> list[bytes]:
    """Make the vectors that there are, as JSON; a text gets one of them."""
    dice = random.Random(1)  # the same on every machine
    return [json.dumps([round(dice.gauss(0, 1), 6) for _ in range(DIMENSION)]).encode() for _ in range(64)]


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body leave together
    disable_nagle_algorithm = True
    manners: ClassVar[Manners]
    bucket: ClassVar[Bucket]
    rows: ClassVar[list[bytes]] = make_rows()
    counts: ClassVar[Counter[int]] = Counter()
    texts: ClassVar[Counter[int]] = Counter()  # requests by the number of their texts
    dice: ClassVar[random.Random] = random.Random(2)

    def do_GET(self) -> None:
        if self.path == "/counts":
            self.give(200, json.dumps(self.counts).encode())
        elif self.path == "/texts":
            self.give(200, json.dumps(sum(size * times for size, times in self.texts.items())).encode())
        else:
            self.give(404, b"")

    def do_POST(self) -> None:
        texts = json.loads(self.rfile.read(int(self.headers["content-length"])))["inputs"]
        if wait := self.bucket.take():
            self.counts[429] += 1
            self.give(429, b'{"error": "too many requests"}', self.word(wait))
            return
        status = self.fail()
        self.counts[status] += 1
        if status == STALL:
            time.sleep(3600)
        if status == CUT:
            self.close_connection = True
            return
        if status != 200:
            self.give(status, b'{"error": "oops"}')
            return
        time.sleep(self.manners.latency + self.manners.per_text * len(texts))
        self.texts[len(texts)] += 1
        vectors = (self.rows[blake2b(text.encode(), digest_size=1).digest()[0] % 64] for text in texts)
        self.give(200, b"[" + b",".join(vectors) + b"]")

    def fail(self) -> int:
        thrown = self.dice.random()
        for status, share in (self.manners.failures or {}).items():
            if (thrown := thrown - share) < 0:
                return int(status)
        return 200

    def word(self, wait: float) -> dict[str, str]:
        seconds = str(int(wait) + 1)
        if self.manners.words == "retry-after":
            return {"Retry-After": seconds}
        return {"RateLimit": f'"requests";r=0;t={seconds}'} if self.manners.words == "ratelimit" else {}

    def give(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
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


@contextmanager
def open_service(manners: Manners) -> Iterator[str]:
    """Serve in a process of its own until the block ends; give the URL."""
    command = [sys.executable, __file__, json.dumps(asdict(manners))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def read_counts(url: str) -> Counter[int]:
    """Ask a service what it answered so far."""
    with urlopen(f"{url}/counts") as answer:
        return Counter({int(status): count for status, count in json.loads(answer.read()).items()})


def read_texts(url: str) -> int:
    """Ask a service how many texts it embedded so far."""
    with urlopen(f"{url}/texts") as answer:
        return int(answer.read())


def serve(manners: Manners) -> None:
    """Serve for ever; the port is printed."""
    _Answer.manners, _Answer.bucket = manners, Bucket(manners)
    server = _Server(("127.0.0.1", 0), _Answer)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    serve(Manners(**json.loads(sys.argv[1])))
