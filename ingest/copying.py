"""Moving points from one collection to another: vectors, payloads and identity, with nothing embedded."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ingest.batching import batched
from ingest.errors import IdentityError, StoreError
from ingest.identity import differ, diverge
from ingest.model import Json
from ingest.protocols import Store

BATCH = 256  # points that are written in one call


def copy_collection(source: Store, target: Store) -> Iterator[int]:
    """Make each dataset of `target` that `source` has equal to it; yield how many points were written so far.

    Other datasets of the target stay. Raises IdentityError where the target holds another model's vectors, and
    StoreError where it does not hold, at the end, what the source does.
    """
    described = source.describe()
    if described is None:
        raise StoreError(f"there is no collection {source.collection!r} in {source.name}: nothing to copy")
    there = target.describe()
    if there is None:
        target.create(replace(described, datasets={}))  # each is recorded once its points are there
    elif difference := differ(there.identity, described.identity) or diverge(there.canaries, described.canaries):
        raise IdentityError(f"collection {target.collection!r} in {target.name} has other vectors: {difference}")
    written = 0
    for dataset, entry in described.datasets.items():
        for copied in copy_dataset(source, target, dataset, entry):
            yield written + copied
        written += source.count(dataset)
    target.flush()


def copy_dataset(source: Store, target: Store, dataset: str, entry: Mapping[str, Json]) -> Iterator[int]:
    """Make one dataset of `target` equal to that of `source`; yield how many points were written so far.

    entry: what to record of it. Raises StoreError where the target does not hold, at the end, what the source does.
    """
    leftover = {point.id for origin in target.count_origins(dataset) for point in target.list_points(dataset, [origin])}
    written = 0
    for batch in batched(source.scroll(dataset), BATCH):
        target.upsert(batch)
        leftover -= {point.id for point in batch}
        written += len(batch)
        yield written
    target.delete(sorted(leftover))
    target.record(dataset, entry)
    expected, found = source.count(dataset), target.count(dataset)
    if expected != found:
        raise StoreError(f"{target.name} holds {found} points of {dataset!r}, not {expected}: copy again")
