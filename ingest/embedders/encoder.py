"""The embedder in the hands of a Python program: one text, many, a query, and LangChain."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from ingest.concurrency import map_ordered
from ingest.errors import EmbeddingError, UsageError
from ingest.model import Refused
from ingest.protocols import Embedder, Limits

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from ingest.model import Vector, Vectors

BATCH = 32  # texts a request; text-embeddings-inference takes no more by default
_WORKERS = 8  # batches that wait at the same time; how many are asked is the embedder's business


class Encoder(Embedder, Protocol):
    """An embedder that a program uses by itself: what `open_embedder` gives.

    Vectors are of unit length, float32. A text that the service refuses is an EmbeddingError that tells which it is.
    limits: what is known so far of what the service takes.
    """

    @property
    def limits(self) -> Limits: ...

    def encode(self, text: str) -> "Vector":
        """Embed one document: (dimension,). For a query there is `encode_query`: to many models they are not the same.

        Raises EmbeddingError, UsageError or CredentialError where the service gives none.
        """
        _refuse_many(text, "encode")
        vector: Vector = self.encode_batch([text])[0]
        return vector

    def encode_batch(self, texts: Sequence[str], batch_size: int = BATCH) -> "Vectors":
        """Embed documents, in order: (texts, dimension); (0, 0) of none, without asking.

        batch_size: texts a request, at most.
        Raises like `encode`, and leaves the vectors of the other texts to the caller's next try.
        """
        import numpy as np  # noqa: PLC0415 - heavy

        _refuse_one(texts, "encode_batch")
        if batch_size < 1:
            raise UsageError(f"batch_size={batch_size}: at least 1 text a request")
        rows = list(self._encode_each(list(texts), batch_size))
        return np.stack(rows) if rows else np.zeros((0, 0), np.float32)

    def encode_document(self, texts: Sequence[str]) -> "Vectors":
        """Embed documents like `encode_batch`: (texts, dimension)."""
        _refuse_one(texts, "encode_document")
        return self.encode_batch(texts)

    def as_langchain(self) -> "Embeddings":
        """Give it as LangChain's Embeddings, for its vector stores. Raises UsageError where LangChain is missing."""
        from ingest.embedders.langchain import make_embeddings  # noqa: PLC0415 - it imports langchain_core

        return make_embeddings(self)

    def _encode_each(self, texts: Sequence[str], batch_size: int) -> "Iterator[Vector]":
        batches = (texts[start : start + batch_size] for start in range(0, len(texts), batch_size))
        workers = min(_WORKERS, -(-len(texts) // batch_size)) or 1
        outcomes = (outcome for batch in map_ordered(self.embed_each, batches, workers=workers) for outcome in batch)
        for number, outcome in enumerate(outcomes):
            if isinstance(outcome, Refused):
                raise EmbeddingError(f"text {number} of {len(texts)} (from 0) is refused: {outcome.reason}")
            yield outcome


def _refuse_many(text: object, method: str) -> None:
    if not isinstance(text, str):
        raise UsageError(f"{method} takes one text, not a {type(text).__name__}: use encode_batch for many")


def _refuse_one(texts: object, method: str) -> None:
    if isinstance(texts, str):  # which is a sequence of texts, too: of its letters
        raise UsageError(f"{method} takes a list of texts, not one text: use encode")
