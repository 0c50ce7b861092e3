"""Points of another program in a collection that was taken over, and not yet rid of them."""

from collections.abc import Iterator

from ingest.model import Collection
from ingest.protocols import Store


def note_strangers(store: Store, described: Collection | None) -> Iterator[str]:
    """Say how many are left of an adoption that came to no end. Where there was none, nothing is asked."""
    if described and described.adopting and (left := store.count_strangers()):
        yield tell_left(left)


def tell_left(count: int) -> str:
    """Say how many are left, and what deletes them."""
    return f"{count} points that another program made are still in the collection: a run with --adopt deletes them"
