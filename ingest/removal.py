"""Taking one dataset out of a collection."""

from collections.abc import Iterator

from ingest.protocols import Store
from ingest.pruning import Pruning, prune
from ingest.report import Tally


def remove_dataset(store: Store, dataset: str) -> Iterator[int]:
    """Delete the points of a dataset, then what is recorded of it; yield how many points were deleted so far.

    In this order, so that a dataset of which something is left can still be seen, and removed again.
    """
    counts = store.count_origins(dataset)
    tally = Tally(dataset)
    for _ in prune(store, dataset, Pruning(sorted(counts), [], sum(counts.values())), tally):
        yield tally.deleted
    store.forget(dataset)
    store.flush()
