"""What turns texts into vectors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ingest.model import Identity, Refused

if TYPE_CHECKING:
    from ingest.model import Vector, Vectors


@dataclass(frozen=True, slots=True)
class Limits:
    """What a service takes; None where that is not known.

    texts: in one request. bytes: of one request's body, as JSON. inputs_in_flight: texts of all requests under way.
    """

    texts: int | None = None
    bytes: int | None = None
    inputs_in_flight: int | None = None


class Service(Protocol):
    """What turns texts into vectors: one call is one request.

    name: for a person, with the host but without a secret: "hf-inference", "http://127.0.0.1:8080".
    limits: what is known so far of what it takes; more is split, or waits, before it is sent.
    """

    @property
    def name(self) -> str: ...
    @property
    def identity(self) -> Identity: ...
    @property
    def limits(self) -> Limits: ...

    def embed(self, texts: Sequence[str]) -> "Vectors":
        """Embed texts, in order: (texts, dimension) float32, finite.

        Raises CredentialError, CreditsError, UnavailableError, RefusedError or EmbeddingError.
        """
        ...


class Embedder(Protocol):
    """A service with everything around it: checks, pacing, retries, halving. Safe to call from several threads.

    requests, retries: how many were made so far. cached: texts that were recalled.
    """

    @property
    def name(self) -> str: ...
    @property
    def identity(self) -> Identity: ...
    @property
    def requests(self) -> int: ...
    @property
    def retries(self) -> int: ...
    @property
    def cached(self) -> int: ...

    def recall(self, texts: Sequence[str]) -> "Mapping[str, Vector]":
        """Give the vectors of documents that a cache holds; the service is asked for none of them.

        A text whose vector isn't at hand is left out.
        """
        ...

    def embed_each(self, texts: Sequence[str]) -> "Sequence[Vector | Refused]":
        """Embed documents: for each text, in order, its unit vector, or the refusal of that text alone.

        Raises an EmbeddingError or a UsageError when the service failed for good.
        """
        ...

    def probe(self, texts: Sequence[str]) -> "Vectors":
        """Embed texts that belong to no source, like `embed_each`; a refusal is an EmbeddingError."""
        ...

    def encode_query(self, text: str) -> "Vector":
        """Embed a query, by the query side of the model."""
        ...
