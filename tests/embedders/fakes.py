"""What the tests of the embedders share: time that only passes when someone sleeps, and services that obey."""

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ingest.embedders.steady import SteadyEmbedder
from ingest.errors import IngestError, RefusedError
from ingest.model import Identity, digest_text
from ingest.protocols import Limits
from tests.loopback import Answer, Request

if TYPE_CHECKING:
    from ingest.model import Vectors

DIMENSION = 8


class FakeClock:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.sleeps: list[float] = []
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float, /) -> None:
        assert seconds > 0
        with self._lock:
            self.sleeps.append(seconds)
            self.now += seconds

    def wait(self, condition: threading.Condition, seconds: float, /) -> None:
        condition.release()
        try:
            self.sleep(seconds)
        finally:
            condition.acquire()


def make_vector(text: str) -> list[float]:
    """Make the vector of a text: another for each, not of unit length, never zero."""
    return [int(digit, 16) + 1.0 for digit in digest_text(text)[:DIMENSION]]


def make_unit(text: str) -> "Vectors":
    vector = np.array(make_vector(text), np.float64)
    unit: Vectors = (vector / np.sqrt((vector**2).sum())).astype(np.float32)
    return unit


class FakeService:
    """A service that does what `behave` says, which gets the texts and raises, or gives None for the usual answer."""

    name = "fake"
    identity = Identity("fake-1")
    limits = Limits()

    def __init__(self, behave: "Callable[[Sequence[str]], Vectors | None] | None" = None) -> None:
        self.asked: list[list[str]] = []
        self._behave = behave
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str]) -> "Vectors":
        with self._lock:
            self.asked.append(list(texts))
        reply = self._behave(texts) if self._behave else None
        return np.array([make_vector(text) for text in texts], np.float32) if reply is None else reply


def follow(*steps: "IngestError | Vectors | None") -> "Callable[[Sequence[str]], Vectors | None]":
    """Behave by a script: raise, answer, or (None, also at its end) behave well."""
    remaining = iter(steps)
    lock = threading.Lock()

    def behave(_: Sequence[str]) -> "Vectors | None":
        with lock:
            step = next(remaining, None)
        if isinstance(step, IngestError):
            raise step
        return step

    return behave


def refuse(*poison: str, limit: int = 10**6, perhaps_transient: bool = False) -> Callable[[Sequence[str]], None]:
    """Behave like a service that refuses some texts, and more than so many."""

    def behave(texts: Sequence[str]) -> None:
        if len(texts) > limit:
            raise RefusedError(f"batch size {len(texts)} > {limit}", perhaps_transient=perhaps_transient)
        if guilty := [text for text in texts if text in poison]:
            raise RefusedError(f"cannot read {guilty[0]}", perhaps_transient=perhaps_transient)

    return behave


def make_embedder(
    service: FakeService,
    clock: FakeClock | None = None,
    *,
    max_wait: float = 600.0,
    concurrency: int = 4,
    requests_per_minute: float | None = None,
) -> SteadyEmbedder:
    """Make an embedder whose jitter is none: each wait is the longest."""
    return SteadyEmbedder(
        service,
        max_wait=max_wait,
        concurrency=concurrency,
        requests_per_minute=requests_per_minute,
        clock=clock or FakeClock(),
        random=lambda: 1.0,
    )


def answer_embed(request: Request) -> Answer:
    """Answer like a service that embeds, TEI's way and OpenAI's in numbers, and tells nothing of itself."""
    if request.method == "GET":
        return Answer(404, "not found", {"Content-Type": "text/plain"})
    if request.path.endswith("/embeddings"):
        texts = request.json["input"]
        return Answer(
            body={"data": [{"index": index, "embedding": make_vector(text)} for index, text in enumerate(texts)]}
        )
    return Answer(body=[make_vector(text) for text in request.json["inputs"]])
