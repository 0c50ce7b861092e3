"""What a collection of a server carries in its metadata.

A server merges metadata key by key, and null deletes a key (measured in qdrant-client's local mode). So two runs of
different datasets, or of different shares of one, keep each other's records.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ingest.entries import WHOLE_NAME, divide, unite
from ingest.model import Collection
from ingest.stores.records import pack, unpack

OWN = "create_vector_db"
ENTRY = f"{OWN}/dataset/"
SHARE = f"{OWN}/share/"  # and 3/8/ before the name of the dataset
ALIAS = f"{OWN}/alias"  # the alias that the collection was made to stand behind
ADOPTING = f"{OWN}/adopting"  # there while points of another program may be in a collection that was taken over
BUILDING = f"{OWN}/building"  # who builds it, see `builds.Mark`; until it takes another one's place


def pack_metadata(collection: Collection) -> dict[str, Any]:
    """Give what a collection records of itself: one key, and one for each dataset and each share of one."""
    packed: dict[str, Any] = {OWN: pack(collection)}
    for dataset, entry in collection.datasets.items():
        packed |= {name_key(dataset, share): dict(record) for share, record in divide(entry).items()}
    return packed


def name_key(dataset: str, share: str) -> str:
    """Name the key of a dataset's record, or of that of one of its shares."""
    return f"{SHARE}{share}/{dataset}" if share else ENTRY + dataset


def unpack_metadata(metadata: Mapping[str, Any], where: str) -> Collection:
    """Read what `pack_metadata` gave. Raises StoreError naming `where` for a record that is damaged."""
    records: dict[str, dict[str, Any]] = {}
    for key, record in metadata.items():
        if record is not None and key.startswith(ENTRY):
            records.setdefault(key.removeprefix(ENTRY), {})[WHOLE_NAME] = record
        elif record is not None and key.startswith(SHARE):
            number, of, dataset = key.removeprefix(SHARE).split("/", 2)
            records.setdefault(dataset, {})[f"{number}/{of}"] = record
    datasets = {dataset: unite(found) for dataset, found in records.items()}
    return replace(unpack(metadata[OWN], datasets, where), adopting=metadata.get(ADOPTING) is not None)


def is_ours(metadata: Mapping[str, Any] | None) -> bool:
    """Say whether this tool made the collection."""
    return metadata is not None and metadata.get(OWN) is not None
