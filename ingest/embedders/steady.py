"""The embedder that the run sees: a service with everything around it that a service of others needs."""

import random as chance
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.embedders.checks import check
from ingest.embedders.encoder import Encoder
from ingest.embedders.isolation import Isolation
from ingest.embedders.pacing import Clock, Pacing, SystemClock
from ingest.embedders.portions import divide
from ingest.errors import EmbeddingError
from ingest.model import Identity, Refused
from ingest.protocols import Limits, Service

if TYPE_CHECKING:
    from ingest.model import Vector, Vectors


class SteadyEmbedder(Encoder):
    """A service whose replies are checked, whose failures are waited out, and whose refusals are isolated.

    The prefixes are put before each text, since most services ignore a request to do it. Safe to call from threads.
    local: see Pacing.
    """

    def __init__(
        self,
        service: Service,
        *,
        max_wait: float = 600.0,
        concurrency: int = 4,
        requests_per_minute: float | None = None,
        query_prefix: str = "",
        document_prefix: str = "",
        clock: Clock | None = None,
        random: Callable[[], float] = chance.random,
        local: bool = False,
    ) -> None:
        self._service = service
        self._query_prefix = query_prefix
        self._document_prefix = document_prefix
        self._dimension: int | None = None
        self._pacing = Pacing(
            service.name,
            max_wait=max_wait,
            concurrency=concurrency,
            requests_per_minute=requests_per_minute,
            clock=clock or SystemClock(),
            random=random,
            local=local,
        )
        self._isolation = Isolation(self._send, service.name)

    @property
    def name(self) -> str:
        return self._service.name

    @property
    def identity(self) -> Identity:
        return replace(self._service.identity, query_prefix=self._query_prefix, document_prefix=self._document_prefix)

    @property
    def requests(self) -> int:
        return self._pacing.requests

    @property
    def retries(self) -> int:
        return self._pacing.retries

    @property
    def cached(self) -> int:
        return 0

    @property
    def limits(self) -> Limits:
        return self._service.limits

    def recall(self, texts: Sequence[str]) -> "Mapping[str, Vector]":  # noqa: ARG002 - the protocol's
        """Give no vector: nothing is kept here."""
        return {}

    def embed_each(self, texts: Sequence[str]) -> "Sequence[Vector | Refused]":
        """Embed documents: for each text, in order, its unit vector, or the refusal of that text alone.

        Raises an EmbeddingError or a UsageError when the service failed for good.
        """
        return self._encode([self._document_prefix + text for text in texts], source=True)

    def probe(self, texts: Sequence[str]) -> "Vectors":
        """Embed texts that belong to no source, like `embed_each`; a refusal is an EmbeddingError."""
        return self._demand([self._document_prefix + text for text in texts])

    def encode_query(self, text: str) -> "Vector":
        """Embed a query, by the query side of the model."""
        vector: Vector = self._demand([self._query_prefix + text])[0]
        return vector

    def _demand(self, texts: Sequence[str]) -> "Vectors":
        import numpy as np  # noqa: PLC0415 - heavy

        vectors: list[Vector] = []
        for outcome in self._encode(texts, source=False):
            if isinstance(outcome, Refused):
                raise EmbeddingError(outcome.reason)
            vectors.append(outcome)
        return np.stack(vectors)

    def _encode(self, texts: Sequence[str], *, source: bool) -> "list[Vector | Refused]":
        portions = divide(texts, self.limits)
        return [outcome for portion in portions for outcome in self._isolation.encode(portion, source=source)]

    def _send(self, texts: Sequence[str], again: bool) -> "Vectors":  # noqa: FBT001 - see Isolation
        inputs = self.limits.inputs_in_flight
        return self._pacing.send(lambda: self._embed(texts), texts=len(texts), inputs=inputs, again=again)

    def _embed(self, texts: Sequence[str]) -> "Vectors":
        reply = self._service.embed(texts)
        vectors = check(
            reply,
            texts=len(texts),
            dimension=self._dimension,
            service=self._service.name,
            model=self._service.identity.model,
        )
        self._dimension = int(vectors.shape[1])
        return vectors
