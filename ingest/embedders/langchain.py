"""An embedder as LangChain's Embeddings; langchain_core is imported where it is asked for, and no dependency."""

from typing import TYPE_CHECKING

from ingest.errors import UsageError

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from ingest.embedders.encoder import Encoder


def make_embeddings(encoder: "Encoder") -> "Embeddings":
    """Make an Embeddings whose documents and queries an encoder embeds.

    Raises UsageError, with the command that installs it, where langchain_core is missing.
    """
    try:
        from langchain_core.embeddings import Embeddings  # noqa: PLC0415 - optional
    except ImportError as error:
        raise UsageError("as_langchain needs LangChain: pip install langchain-core") from error

    class LangChainEmbeddings(Embeddings):
        """Its async methods are LangChain's own, which run these in threads."""

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            vectors: list[list[float]] = encoder.encode_batch(texts).tolist()
            return vectors

        def embed_query(self, text: str) -> list[float]:
            vector: list[float] = encoder.encode_query(text).tolist()
            return vector

    return LangChainEmbeddings()
