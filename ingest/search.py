"""Searching a collection the way it was filled."""

from ingest.model import Hit
from ingest.protocols import Embedder, Store


def find_hits(query: str, *, embedder: Embedder, store: Store, limit: int, dataset: str | None = None) -> list[Hit]:
    """Find the nearest items, best first; a row that stands in several points is shown once."""
    vector = embedder.encode_query(query)
    asked = limit
    while True:
        hits = store.search(vector, asked, dataset)
        items = {_name_item(hit): hit for hit in reversed(hits)}
        if len(items) >= limit or len(hits) < asked:
            return sorted(items.values(), key=lambda hit: -hit.score)[:limit]
        asked *= 2


def _name_item(hit: Hit) -> tuple[object, ...]:
    ingest, metadata = hit.payload.get("ingest"), hit.payload.get("metadata")
    if isinstance(ingest, dict) and isinstance(metadata, dict) and "row" in metadata:
        return ingest.get("dataset"), ingest.get("origin"), ingest.get("item")
    return (hit.id,)
