"""What a collection of a server carries in its metadata.

A server merges metadata key by key, and null deletes a key (measured in qdrant-client's local mode). So two runs of
different datasets keep each other's entries.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ingest.model import Collection
from ingest.stores.records import pack, unpack

OWN = "create_vector_db"
ENTRY = f"{OWN}/dataset/"
ALIAS = f"{OWN}/alias"  # the alias that the collection was made to stand behind
ADOPTING = f"{OWN}/adopting"  # there while points of another program may be in a collection that was taken over
BUILDING = f"{OWN}/building"  # who builds it, see `builds.Mark`; until it takes another one's place


def pack_metadata(collection: Collection) -> dict[str, Any]:
    """Give what a collection records of itself: one key, and one for each dataset."""
    return {OWN: pack(collection)} | {ENTRY + name: dict(entry) for name, entry in collection.datasets.items()}


def unpack_metadata(metadata: Mapping[str, Any], where: str) -> Collection:
    """Read what `pack_metadata` gave. Raises StoreError naming `where` for a record that is damaged."""
    datasets = {
        key.removeprefix(ENTRY): entry for key, entry in metadata.items() if key.startswith(ENTRY) and entry is not None
    }
    return replace(unpack(metadata[OWN], datasets, where), adopting=metadata.get(ADOPTING) is not None)


def is_ours(metadata: Mapping[str, Any] | None) -> bool:
    """Say whether this tool made the collection."""
    return metadata is not None and metadata.get(OWN) is not None
