"""What an adapter must do. One conformance suite in `tests/` holds each of these for real adapters and fakes alike."""

from ingest.protocols.chunker import Chunker
from ingest.protocols.embedder import Embedder, Limits, Service
from ingest.protocols.source import Source
from ingest.protocols.store import Store
from ingest.protocols.window import TokenCounter, Window

__all__ = ["Chunker", "Embedder", "Limits", "Service", "Source", "Store", "TokenCounter", "Window"]
