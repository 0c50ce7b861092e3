"""An embedder that asks nobody, for a dry run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.model import Identity

if TYPE_CHECKING:
    from ingest.model import Refused, Vector, Vectors


@dataclass(frozen=True, slots=True)
class Unasked:
    """Stands in for an embedder: answers each text with a zero vector, canaries with what the collection recorded.

    canaries: None where there is no collection yet; zero vectors of dimension 1 then.
    """

    identity: Identity
    name: str
    canaries: "Vectors | None" = None
    requests: int = 0
    retries: int = 0
    cached: int = 0

    def embed_each(self, texts: Sequence[str]) -> "Sequence[Vector | Refused]":
        return list(self._make_zeros(len(texts)))

    def probe(self, texts: Sequence[str]) -> "Vectors":
        return self._make_zeros(len(texts)) if self.canaries is None else self.canaries

    def encode_query(self, text: str) -> "Vector":  # noqa: ARG002 - the protocol's
        vector: Vector = self._make_zeros(1)[0]
        return vector

    def _make_zeros(self, count: int) -> "Vectors":
        import numpy as np  # noqa: PLC0415 - heavy

        return np.zeros((count, 1 if self.canaries is None else self.canaries.shape[1]), np.float32)
