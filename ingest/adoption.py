"""Taking over a collection that another program made: ours is written beside it, and the rest is deleted last."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from ingest.errors import IdentityError, IngestError, read_signal
from ingest.guard import Guard
from ingest.identity import CANARIES
from ingest.model import Collection
from ingest.protocols import Embedder, Source, Store
from ingest.report import Report, Tally
from ingest.sync import Options, sync
from ingest.version import read_version


def adopt(
    sources: Sequence[Source],
    *,
    embedder: Embedder,
    store: Store,
    options: Options,
    watch: Callable[[Tally], None] = lambda _: None,
) -> Report:
    """Fill a collection that this tool may not have made, and delete what another program put into it.

    That is deleted only once everything of the sources is written, and within what the guard allows.
    Raises IdentityError for a collection of another dimension, distance or shape, and as `sync` does.
    """
    try:
        store.describe()
    except IdentityError:
        for source in sources:
            source.files()
        canaries = embedder.probe(CANARIES)
        store.adopt(Collection(embedder.identity, embedder.name, read_version(), int(canaries.shape[1]), canaries))
    report = sync(sources, embedder=embedder, store=store, options=options, watch=watch)
    if not (strangers := store.count_strangers()):
        return report
    note = f"{strangers} points that another program made are left until a run with --adopt ends with 0"
    if report.failure is None and options.prune and options.limit is None:
        try:
            _check_loss(store, strangers, options.guard)
            for _ in store.delete_strangers():
                pass
            note = f"{strangers} points that another program made were deleted"
        except IngestError as error:
            report.datasets[-1].error = error
        except KeyboardInterrupt as received:
            report.datasets[-1].error = read_signal(received)
    return replace(report, notes=[*report.notes, note])


def _check_loss(store: Store, strangers: int, guard: Guard) -> None:
    ours = store.count() - strangers
    lost = max(0, strangers - ours)
    guard.check(
        f"{store.collection}, as another program made it",
        before=strangers,
        lost=lost,
        after=ours,
        nothing_remains=False,
    )
