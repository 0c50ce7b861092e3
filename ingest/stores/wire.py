"""How points go to a server."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from qdrant_client import QdrantClient

WRITERS = 4  # writes under way at the same time; a shard of a server takes them one after another anyway
LINGER = 2.0  # seconds within which a fast service gives enough to fill a write


@dataclass(frozen=True, slots=True)
class Wire:
    """How points are written.

    writers: requests under way at the same time; with 1, each is made before its method comes back.
    binary: numbers go as they are, by gRPC, and not as decimals.
    hasten: gives, for a collection that is there, a client that writes to it by gRPC, see `ingest.stores.haste`.
    linger: seconds after a write within which points that fill no other wait for more, see `Gathering`.
    """

    writers: int = 1
    binary: bool = False
    hasten: Callable[[str, Callable[[], Mapping[str, Any]], Callable[[], str]], QdrantClient | None] | None = None
    linger: float = 0.0


ONE_BY_ONE = Wire()
