"""An embedder with a second one for when it fails for good: another service for the same model."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from ingest.errors import EmbeddingError, UsageError
from ingest.identity import CANARIES, differ, diverge
from ingest.model import Identity, Refused
from ingest.protocols import Embedder

if TYPE_CHECKING:
    from ingest.model import Vector, Vectors

log = logging.getLogger("ingest")
Result = TypeVar("Result")


class FallbackEmbedder:
    """Two services for one model: the second is asked once the first has failed for good. Safe to call from threads.

    The second takes over, for good and for all threads, only if its canaries agree with those of the first, measured in
    this run, or recorded. Where there is nothing to compare with, it takes over only if the first has embedded nothing.
    Where it may not, or fails at once, the error is that of the first and says both.

    canaries: (2, dimension), what the collection recorded; None where it is not there yet.
    Raises UsageError for a second that is known to serve another model, or in another way.
    """

    def __init__(self, first: Embedder, second: Embedder, *, canaries: "Vectors | None" = None) -> None:
        if difference := differ(first.identity, second.identity):
            raise UsageError(_refuse(second, difference))
        self._first = first
        self._second = second
        self._canaries = canaries
        self._embedded = False  # whether the first has made any vector
        self._switched = False
        self._refusal = ""
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._chosen.name

    @property
    def identity(self) -> Identity:
        """That of the first, as soon as it is known."""
        return self._first.identity if self._first.identity.model or not self._switched else self._second.identity

    @property
    def requests(self) -> int:
        return self._first.requests + self._second.requests

    @property
    def retries(self) -> int:
        return self._first.retries + self._second.retries

    @property
    def cached(self) -> int:
        return self._first.cached + self._second.cached

    def recall(self, texts: Sequence[str]) -> "Mapping[str, Vector]":
        """Give the vectors that the service in use has at hand."""
        return self._chosen.recall(texts)

    def embed_each(self, texts: Sequence[str]) -> "Sequence[Vector | Refused]":
        """Embed documents: for each text, in order, its unit vector, or the refusal of that text alone.

        Raises an EmbeddingError or a UsageError when both services failed for good, or the second may not take over.
        """
        return self._ask(lambda embedder: embedder.embed_each(texts))

    def probe(self, texts: Sequence[str]) -> "Vectors":
        """Embed texts that belong to no source, like `embed_each`; a refusal is an EmbeddingError."""
        vectors = self._ask(lambda embedder: embedder.probe(texts))
        if tuple(texts) == CANARIES:
            with self._lock:
                self._canaries = vectors
        return vectors

    def encode_query(self, text: str) -> "Vector":
        """Embed a query, by the query side of the model."""
        return self._ask(lambda embedder: embedder.encode_query(text))

    @property
    def _chosen(self) -> Embedder:
        return self._second if self._switched else self._first

    def _ask(self, call: Callable[[Embedder], Result]) -> Result:
        with self._lock:  # held by a switch under way, whose end is waited for
            switched = self._switched
        if not switched:
            try:
                result = call(self._first)
            except (EmbeddingError, UsageError) as failure:
                self._switch(failure)
            else:
                with self._lock:
                    if not self._switched or self._canaries is not None:
                        self._embedded = True
                        return result
        return call(self._second)

    def _switch(self, failure: EmbeddingError | UsageError) -> None:
        """Let the second take over, or raise the failure of the first with the reason why it can't."""
        with self._lock:
            if self._switched:
                return
            self._refusal = self._refusal or self._find_refusal()
            if self._refusal:
                raise type(failure)(f"{failure}. {self._refusal}") from failure
            self._switched = True
            log.warning("%s; going on with %s", failure, self._second.name)

    def _find_refusal(self) -> str:
        """Say why the second can't take over, "" where it can. Where canaries are known, it is asked them."""
        second = self._second
        if self._canaries is None:
            unknown = "the canaries of the first are not known, so that its vectors can't be compared"
            return _refuse(second, unknown) if self._embedded else ""
        try:
            measured = second.probe(CANARIES)
        except (EmbeddingError, UsageError) as error:
            return f"The fallback failed, too: {error}"
        difference = differ(self._first.identity, second.identity) or diverge(self._canaries, measured)
        return _refuse(second, difference) if difference else ""


def _refuse(second: Embedder, difference: str) -> str:
    return (
        f"The fallback {second.name} makes other vectors, which would not be found: {difference}. "
        "Name another service for the same model as --fallback"
    )
