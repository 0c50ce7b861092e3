"""What is stored and no longer wanted: which of it may go, and its deletion."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from ingest.batching import batched
from ingest.chunks import share_item
from ingest.comparison import Progress
from ingest.contract import read_own
from ingest.ids import Ids
from ingest.model import count_chunks
from ingest.protocols import Store
from ingest.report import Tally

IDS = 1_000  # points that are deleted in one call
PAYLOADS = 256  # payloads that are fetched in one call
ORIGINS = 64  # origins whose points are listed in one call
SAMPLE = 4  # stale points of an origin that are looked at


@dataclass(frozen=True, slots=True)
class Pruning:
    """What a dataset is about to lose.

    gone: origins that the source no longer lists. stale: by origin, ids of points that the others no longer say.
    lost: how many chunks fewer the dataset will have for it; an edit loses nothing.
    """

    gone: Sequence[str]
    stale: Sequence[Ids]
    lost: int


def plan_pruning(
    store: Store,
    gone: Sequence[str],
    lost: int,
    changed: Iterable[Progress],
    tally: Tally,
    *,
    recut: bool = False,
    excess: int = 0,
) -> Pruning:
    """Decide what may go, and count as kept what may not.

    lost: what the gone origins held. recut: the dataset is cut otherwise than before, so that fewer chunks are no loss.
    excess: points that runs have written that came to no end. An origin that one of them has edited has both what it
    said and what it says, and loses no more than the first of these.
    """
    stale: list[Ids] = []
    shrunk: list[tuple[Progress, int]] = []
    for progress in changed:
        doomed = progress.stale if progress.whole and not progress.left else ()
        if doomed and progress.failed:
            doomed = _spare(store, progress)
        tally.kept += len(progress.stale) - len(doomed)
        if not (recut and progress.wanted):
            shrunk.append((progress, min(len(doomed), max(0, progress.before - progress.wanted))))
        if doomed:
            stale.append(doomed)
    lost += sum(less for _, less in shrunk)
    if excess:
        lost -= min(excess, _count_false(store, [(progress, less) for progress, less in shrunk if less]))
    return Pruning(gone, stale, lost)


def prune(store: Store, dataset: str, pruning: Pruning, tally: Tally) -> Iterator[None]:
    """Delete what is planned, a batch at each step."""
    for origins in batched(pruning.gone, ORIGINS):
        ids = Ids(point.id for point in store.list_points(dataset, origins))
        yield from _delete(store, ids, tally)
    yield from _delete(store, chain.from_iterable(pruning.stale), tally)


def _count_false(store: Store, shrunk: Iterable[tuple[Progress, int]]) -> int:
    """Count what origins seem to lose by points that were not there when a run had finished them last.

    How many were tells the state that the points of that run bear. Where a few of the stale show none, nothing does.
    """
    false = 0
    for some in batched(shrunk, PAYLOADS // SAMPLE):
        samples = [list(islice(progress.stale, SAMPLE)) for progress, _ in some]
        payloads = store.fetch_payloads([*chain.from_iterable(samples)])
        for (progress, less), ids in zip(some, samples, strict=True):
            held = max(
                (count_chunks(read_own(payloads[id_]).get("state")) for id_ in ids if id_ in payloads), default=0
            )
            false += less - min(less, max(0, held - progress.wanted)) if held else 0
    return false


def _spare(store: Store, progress: Progress) -> Ids:
    """Leave out the stale points that may be an older version of an item that failed in this run."""
    doomed = Ids()
    for batch in batched(progress.stale, PAYLOADS):
        for id_, payload in store.fetch_payloads(batch).items():
            if not any(share_item(payload, chunk.payload) for chunk in progress.failed):
                doomed.add(id_)
    return doomed


def _delete(store: Store, ids: Iterable[str], tally: Tally) -> Iterator[None]:
    for batch in batched(ids, IDS):
        store.delete(batch)
        tally.deleted += len(batch)
        yield
