"""What a collection records of itself."""

from collections.abc import Mapping
from typing import Protocol

from ingest.model import Collection, IndexKind, Json
from ingest.share import WHOLE, Share


class Record(Protocol):
    """One collection as a whole: what it is, and what was recorded of each dataset."""

    def describe(self) -> Collection | None:
        """Read what the collection records of itself; None where it doesn't exist.

        Raises IdentityError for a collection that this tool did not make, StoreError for a store that fails.
        """
        ...

    def create(self, collection: Collection) -> None:
        """Create the collection and its payload indexes and record its identity.

        In a store that is not private, one whose vectors can be compared is no error: another share was first. Raises
        StoreError for any other that is there.
        """
        ...

    def create_index(self, field: str, kind: IndexKind) -> None:
        """Make a payload index of a field, by its path; one that is there already is no error."""
        ...

    def drop(self) -> None:
        """Remove the whole collection. A store that is not private refuses with StoreError."""
        ...

    def record(self, dataset: str, entry: Mapping[str, Json], share: Share = WHOLE) -> None:
        """Replace what the collection records of one dataset, or of one share of it; see `entries`.

        What other shares record meanwhile is kept.
        """
        ...

    def forget(self, dataset: str) -> None:
        """Remove what the collection records of a dataset; one of which it records nothing is no error."""
        ...
