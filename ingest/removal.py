"""Taking one dataset out of a collection."""

from ingest.protocols import Store
from ingest.pruning import Pruning, prune
from ingest.report import Tally


def remove_dataset(store: Store, dataset: str) -> int:
    """Delete the points of a dataset, then what is recorded of it; give how many points were deleted.

    In this order, so that a dataset of which something is left can still be seen, and removed again.
    """
    counts = store.count_origins(dataset)
    tally = Tally(dataset)
    for _ in prune(store, dataset, Pruning(sorted(counts), [], sum(counts.values())), tally):
        pass
    store.forget(dataset)
    store.flush()
    return tally.deleted
