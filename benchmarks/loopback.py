# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""Serve embeddings on this machine as a real service does: with a latency, a rate limit, and failures.

It answers as text-embeddings-inference does (`inputs`, at any path) and as OpenAI does (`input`, at any path), with
the vectors of `vectors`. `open_service` starts it in a process of its own and gives its URL; `GET /counts` tells what
it answered so far, as {status: requests}, and `GET /texts` how many texts it embedded.
"""

import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from typing import Any, ClassVar
from urllib.request import urlopen

from serving import Answering, open_server, serve  # isort: skip - files of this folder
from vectors import write_base64, write_json  # isort: skip

CUT, STALL = -1, -2  # instead of a status: the connection is cut; nothing is ever answered


@dataclass(frozen=True, slots=True)
class Manners:
    """How the service behaves.

    latency, per_text: seconds of a request, and more for each text; requests do not wait for each other.
    rate, burst: requests a second on average, and at once; 0 is no limit.
    words: what a 429 says: "retry-after", "ratelimit" or "".
    failures: the share of requests that end with a status, CUT or STALL.
    most: texts of one request; more are refused with 422. 0 is no limit.
    """

    latency: float = 0.0
    per_text: float = 0.0
    rate: float = 0.0
    burst: int = 0
    words: str = ""
    failures: Mapping[int, float] | None = None
    most: int = 0


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


class _Answer(Answering):
    manners: ClassVar[Manners]
    bucket: ClassVar[Bucket]
    counts: ClassVar[Counter[int]] = Counter()
    texts: ClassVar[Counter[int]] = Counter()  # requests by the number of their texts
    dice: ClassVar[random.Random] = random.Random(2)

    def answer(self, body: bytes) -> None:
        if self.command == "POST":
            self.embed(json.loads(body))
        elif self.path == "/counts":
            self.give(200, json.dumps(self.counts).encode())
        elif self.path == "/texts":
            self.give(200, json.dumps(sum(size * times for size, times in self.texts.items())).encode())
        else:
            self.give(404, b"")

    def embed(self, request: Mapping[str, Any]) -> None:
        given = request["inputs"] if "inputs" in request else request["input"]
        texts = [given] if isinstance(given, str) else given
        if wait := self.bucket.take():
            self.refuse(429, "too many requests", self.word(wait))
            return
        if len(texts) > self.manners.most > 0:
            self.refuse(422, f"batch size {len(texts)} > maximum allowed batch size {self.manners.most}")
            return
        status = self.fail()
        if status == STALL:
            self.counts[status] += 1
            time.sleep(3600)
        if status == CUT:
            self.counts[status] += 1
            self.close_connection = True
            return
        if status != 200:
            self.refuse(status, "oops", self.word(0.0) if status == 429 else None)
            return
        time.sleep(self.manners.latency + self.manners.per_text * len(texts))
        self.counts[200] += 1
        self.texts[len(texts)] += 1
        self.give(200, _write(request, texts), {"Content-Type": "application/json"})

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

    def refuse(self, status: int, reason: str, headers: Mapping[str, str] | None = None) -> None:
        self.counts[status] += 1
        self.give(status, json.dumps({"error": reason}).encode(), headers)


def _write(request: Mapping[str, Any], texts: Sequence[str]) -> bytes:
    """Write the vectors of some texts as they were asked for."""
    if "inputs" in request:
        return b"[" + b",".join(map(write_json, texts)) + b"]"
    in_base64 = request.get("encoding_format") == "base64"
    shown = (json.dumps(write_base64(text)).encode() if in_base64 else write_json(text) for text in texts)
    items = (
        b'{"object": "embedding", "index": %d, "embedding": %b}' % (index, vector) for index, vector in enumerate(shown)
    )
    usage = {"prompt_tokens": len(texts), "total_tokens": len(texts)}
    rest = json.dumps({"object": "list", "model": request.get("model", ""), "usage": usage}).encode()
    return rest[:-1] + b', "data": [' + b",".join(items) + b"]}"


def open_service(manners: Manners) -> AbstractContextManager[str]:
    """Serve in a process of its own until the block ends; give the URL."""
    return open_server(__file__, json.dumps(asdict(manners)))


def read_counts(url: str) -> Counter[int]:
    """Ask a service what it answered so far."""
    with urlopen(f"{url}/counts") as answer:
        return Counter({int(status): count for status, count in json.loads(answer.read()).items()})


def read_texts(url: str) -> int:
    """Ask a service how many texts it embedded so far."""
    with urlopen(f"{url}/texts") as answer:
        return int(answer.read())


if __name__ == "__main__":
    _Answer.manners = Manners(**json.loads(sys.argv[1]))
    _Answer.bucket = Bucket(_Answer.manners)
    serve(_Answer)
