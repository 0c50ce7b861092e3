"""How one collection takes the place of another."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from ingest.model import Collection

if TYPE_CHECKING:
    from ingest.protocols.store import Store


class Succession(Protocol):
    """A collection that is made anew beside one in use, or that takes over another program's."""

    def build(self) -> "Store":
        """Open the collection that is to take this one's place: one that was begun, else one that is absent yet.

        Nothing is written before its `create`. It is open as long as this store is; there is one at a time.
        Raises LockedError where another host is building one.
        """
        ...

    def switch(self, built: "Store") -> str:
        """Let what `build` gave take this collection's place in one step; then remove what it replaced.

        From then on this store reads the new collection, and `built` is not used any more. Gives the sentence that a
        person needs: the setting that makes applications use it, or what was left and why; "" for none.
        """
        ...

    def clear(self) -> list[str]:
        """Remove what builds that ended early, or were switched away from, left behind; give the names.

        A build that `build` opened before is one of them. Where there is nothing, nothing is written.
        """
        ...

    def adopt(self, collection: Collection) -> None:
        """Take over a collection that this tool did not make, by recording `collection` in it; its points stay.

        Raises IdentityError where our points don't fit into it, UsageError in a store that holds only ours.
        """
        ...

    def count_strangers(self) -> int:
        """Count the points without `ingest.dataset`, exactly: those of another program."""
        ...

    def delete_strangers(self) -> Iterator[int]:
        """Delete the points without `ingest.dataset`; yield how many were deleted so far."""
        ...
