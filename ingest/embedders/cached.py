"""An embedder that keeps what it is given, so that no text is paid for twice."""

import logging
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ingest.embedders.cache import Cache
from ingest.embedders.cache_failure import CacheError
from ingest.embedders.cache_space import Space, find_space
from ingest.identity import CANARIES
from ingest.model import Identity, Refused
from ingest.protocols import Embedder

if TYPE_CHECKING:
    from ingest.model import Vector, Vectors

log = logging.getLogger("ingest")


class CachedEmbedder:
    """An embedder with a cache before it. Safe to call from threads.

    Vectors are kept by their text and by who made them: the identity, and canaries. Before anything is taken or kept,
    the service is asked the canaries, once (`probe(CANARIES)` always asks it), and only what stands beside canaries
    that agree is used. A service that answers with another model's vectors under the same name, or reads another
    window, gets nothing from the cache and spoils nothing in it.
    A cache that fails costs one line in the log; from then on the service is asked.
    cached: texts that were recalled so far.
    """

    def __init__(self, embedder: Embedder, cache: Cache) -> None:
        self.cached = 0
        self._embedder = embedder
        self._cache: Cache | None = cache
        self._space: Space | None = None
        self._meeting = threading.Lock()  # held while the canaries are asked
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return self._embedder.name

    @property
    def identity(self) -> Identity:
        return self._embedder.identity

    @property
    def requests(self) -> int:
        return self._embedder.requests

    @property
    def retries(self) -> int:
        return self._embedder.retries

    def recall(self, texts: Sequence[str]) -> "Mapping[str, Vector]":
        """Give the vectors of documents that the cache holds. Raises what the embedder raises over the canaries."""
        space = self._find_space() if texts else None
        return self._fetch(space, texts) if space else {}

    def embed_each(self, texts: Sequence[str]) -> "Sequence[Vector | Refused]":
        """Embed documents, by the service: for each text, in order, its unit vector, or its refusal.

        What the service gave is kept before this returns. Raises what the embedder raises.
        """
        space = self._find_space() if texts else None
        outcomes = self._embedder.embed_each(texts)
        if space:
            pairs = zip(texts, outcomes, strict=True)
            self._keep(space, {text: outcome for text, outcome in pairs if not isinstance(outcome, Refused)})
        return outcomes

    def probe(self, texts: Sequence[str]) -> "Vectors":
        """Embed texts that belong to no source, by the service."""
        vectors = self._embedder.probe(texts)
        if tuple(texts) == CANARIES:
            self._choose_space(vectors)
        return vectors

    def encode_query(self, text: str) -> "Vector":
        """Embed a query, by the service."""
        return self._embedder.encode_query(text)

    def _find_space(self) -> Space | None:
        """Give the space of this run, None without a cache; ask the canaries where nobody did."""
        with self._meeting:
            if self._cache and not self._space:
                self._choose_space(self._embedder.probe(CANARIES))
            return self._space if self._cache else None

    def _choose_space(self, canaries: "Vectors") -> None:
        if self._cache:
            try:
                self._space = find_space(self._cache, self._embedder.identity, canaries)
            except CacheError as error:
                self._give_up(error)

    def _fetch(self, space: Space, texts: Sequence[str]) -> "dict[str, Vector]":
        try:
            found = space.fetch(texts)
        except CacheError as error:
            self._give_up(error)
            return {}
        with self._lock:
            self.cached += len(found)
        return found

    def _keep(self, space: Space, vectors: "dict[str, Vector]") -> None:
        if self._cache and vectors:
            try:
                space.keep(vectors)
            except CacheError as error:
                self._give_up(error)

    def _give_up(self, error: CacheError) -> None:
        """Go on without the cache; the first thread to learn of it says so."""
        with self._lock:
            cache, self._cache = self._cache, None
        if cache:
            log.warning("%s; going on without it", error)
            cache.close()
