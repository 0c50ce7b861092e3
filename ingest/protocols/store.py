"""Where the points live."""

from typing import Protocol

from ingest.protocols.points import Reads, Writes
from ingest.protocols.record import Record
from ingest.protocols.succession import Succession


class Store(Record, Reads, Writes, Succession, Protocol):
    """One collection. Its reads find an absent collection empty. One thread writes.

    private: the collection belongs to this tool alone, as the embedded store's do.
    """

    @property
    def name(self) -> str: ...
    @property
    def collection(self) -> str: ...
    @property
    def private(self) -> bool: ...

    def close(self) -> None:
        """Flush and let go of the store; closing twice is no error."""
        ...
