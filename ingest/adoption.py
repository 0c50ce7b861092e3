"""Taking over a collection that another program made: ours is written beside it, and the rest is deleted last."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from ingest.errors import IdentityError, IngestError, UsageError, read_signal
from ingest.guard import Guard
from ingest.identity import CANARIES
from ingest.model import Collection
from ingest.protocols import Embedder, Source, Store
from ingest.report import Report, Tally
from ingest.strangers import tell_left
from ingest.sync import Options, sync
from ingest.version import read_version


def adopt(
    sources: Sequence[Source],
    *,
    embedder: Embedder,
    store: Store,
    options: Options,
    delete: bool = True,
    watch: Callable[[Tally], None] = lambda _: None,
) -> Report:
    """Fill a collection that this tool may not have made, and delete what another program put into it.

    That is deleted only once everything of the sources is written, and within what the guard allows.
    delete: False says how much would be deleted, for a dry run.
    Raises UsageError where there is no collection, IdentityError for one of another dimension, distance or shape, and
    as `sync` does.
    """
    taken = _take_over(sources, embedder, store)
    report = sync(sources, embedder=embedder, store=store, options=options, watch=watch)
    strangers, deleted = store.count_strangers() if taken else 0, 0
    whole = options.prune and options.limit is None
    notes = [note for note in report.notes if note != tell_left(strangers)]
    if taken and report.failure is None and whole:
        try:
            _check_loss(store, strangers, options.guard)
            for deleted in store.delete_strangers() if delete else ():  # noqa: B007 - as far as it came is told below
                pass
        except IngestError as error:
            report.datasets[-1].error = error
        except KeyboardInterrupt as received:
            report.datasets[-1].error = read_signal(received)
    planned = taken and whole and not delete and report.failure is None
    return replace(report, notes=[*notes, *_tell(strangers, deleted, planned=planned)])


def _take_over(sources: Sequence[Source], embedder: Embedder, store: Store) -> bool:
    """Record in a collection of another program that it is ours, once sources and service have answered.

    Say whether what is not of ours is to go: not in a collection that is ours already, where somebody put it since.
    """
    try:
        if described := store.describe():
            return described.adopting
    except IdentityError:
        for source in sources:
            source.files()
        canaries = embedder.probe(CANARIES)
        store.adopt(Collection(embedder.identity, embedder.name, read_version(), int(canaries.shape[1]), canaries))
        return True
    raise UsageError(
        f"there is no collection {store.collection!r} in {store.name} to adopt: leave out --adopt; or where it is an "
        "alias for a collection of another program, adopt that without --alias first"
    )


def _tell(strangers: int, deleted: int, *, planned: bool) -> Iterator[str]:
    if deleted:
        yield f"{deleted} points that another program made were deleted"
    if deleted == strangers:
        return
    if planned:
        yield f"{strangers} points that another program made would be deleted"
    else:
        yield tell_left(strangers - deleted)


def _check_loss(store: Store, strangers: int, guard: Guard) -> None:
    ours = store.count() - strangers
    lost = max(0, strangers - ours)
    guard.check(
        store.collection,
        kind="what another program put into collection",
        before=strangers,
        lost=lost,
        after=ours,
        nothing_remains=False,
    )
