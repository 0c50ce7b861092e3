"""Making a collection anew beside the one that is searched: fill it, check it, and switch in one step.

Until the switch everything is served by the old collection, whatever happens. A run that ends before leaves what it
built, and the next one with --rebuild goes on from there; an ordinary run clears it away.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing
from dataclasses import dataclass, field, replace

from ingest.batching import batched
from ingest.copying import copy_dataset
from ingest.errors import GuardError, IngestError, ItemsSkipped, StoreError, UsageError, read_signal
from ingest.guard import EVERYTHING, Guard
from ingest.identity import CANARIES, differ, diverge
from ingest.inspection import inspect
from ingest.model import Collection, Json
from ingest.protocols import Embedder, Source, Store
from ingest.removal import remove_dataset
from ingest.report import Report, Tally
from ingest.sync import Options, sync
from ingest.version import read_version

ORIGINS = 64  # origins whose points are listed in one call
NOT_SWITCHED = (
    "not switched: the collection that was there before is unchanged and in use; run again with --rebuild to go on, "
    "or without to clear away what was built"
)
PERHAPS_SWITCHED = (
    "it ended while switching: searches see the whole old or the whole new collection, and the next run clears the "
    "other one away"
)


@dataclass(frozen=True, slots=True)
class Build:
    """A collection that is being built.

    old: what the one in use records of itself. comparable: whether the vectors of both can be compared.
    others: datasets of the old one that this run doesn't name and that are to be copied; dropped: that are not.
    switching: not empty once the switch has begun.
    """

    store: Store
    old: Collection
    comparable: bool
    others: Sequence[str] = ()
    dropped: Sequence[str] = ()
    switching: list[bool] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Loss:
    """What a dataset has less in the new collection than in the old one.

    before, after: chunks in the old one and in the new one. lost: by how much its origins have fewer.
    everything: none of them is there any more.
    skipped: rows and headings, each with its origin, that the old one has, and the new one not, of an origin of which
    something was skipped this time.
    """

    dataset: str
    before: int
    lost: int
    after: int
    everything: bool
    skipped: AbstractSet[tuple[str, str]]


def rebuild(
    sources: Sequence[Source],
    *,
    embedder: Embedder,
    store: Store,
    options: Options,
    drop_others: bool = False,
    switch: bool = True,
    watch: Callable[[Tally], None] = lambda _: None,
) -> Report:
    """Fill a new collection from the sources and let it take the place of the one that is there.

    Datasets that the run does not name are copied, or dropped where `drop_others` says so. Nothing is switched where
    a source or a service failed, where more would be lost than the guard allows, or where the new collection is not
    sound; the error is in the report. Where there is no collection yet, this is an ordinary run.
    switch: False only fills, checks the losses, and says what the switch would do: a dry run.
    Raises GuardError for datasets that can't be copied, since their vectors are another model's, and as `sync` does.
    """
    build = open_build(sources, embedder=embedder, store=store, options=options, drop_others=drop_others)
    if build is None:
        return sync(sources, embedder=embedder, store=store, options=options, watch=watch)
    with closing(build.store):
        report = fill_build(build, sources, embedder=embedder, store=store, options=options, watch=watch)
        notes: list[str] = []
        if report.failure is None or isinstance(report.failure, ItemsSkipped):
            try:
                complete = _finish if switch else _foresee
                notes = complete(build, store, report.datasets, options)
            except IngestError as error:
                report.datasets[-1].error = error
            except KeyboardInterrupt as received:
                report.datasets[-1].error = read_signal(received)
    if switch and report.failure and not isinstance(report.failure, ItemsSkipped):
        notes = [PERHAPS_SWITCHED if build.switching else NOT_SWITCHED]
    return replace(report, notes=[*report.notes, *notes])


def open_build(
    sources: Sequence[Source], *, embedder: Embedder, store: Store, options: Options, drop_others: bool
) -> Build | None:
    """Open the collection that is to be filled, once sources and service have answered; None where there is no old one.

    Raises GuardError and UsageError for what can't be rebuilt as it is asked.
    """
    if options.limit is not None or not options.prune:
        raise UsageError("--rebuild makes the whole collection anew: leave out --limit and --no-prune")
    old = store.describe()
    if old is None:
        return None
    for source in sources:
        source.files()
    canaries = embedder.probe(CANARIES)
    difference = differ(old.identity, embedder.identity) or diverge(old.canaries, canaries)
    named = {source.dataset for source in sources}
    others = sorted(old.datasets.keys() - named)
    if others and difference and not drop_others:
        raise GuardError(
            f"collection {store.collection!r} has datasets that this run does not name and whose vectors can't be "
            f"kept, since {difference}: {', '.join(others)}. Name their sources too, or add --drop-others"
        )
    built = store.build()
    there = built.describe()
    if there and (differ(there.identity, embedder.identity) or diverge(there.canaries, canaries)):
        built.drop()
        there = None
    if there is None:
        kept = {name: _forget_run(entry) for name, entry in old.datasets.items() if name in named}
        built.create(
            Collection(embedder.identity, embedder.name, read_version(), int(canaries.shape[1]), canaries, kept)
        )
    else:  # an earlier run may have named others, or copied what is no more
        for dataset in sorted(there.datasets.keys() - named - (set() if drop_others else set(others))):
            remove_dataset(built, dataset)
    return Build(built, old, not difference, *([], others) if drop_others else (others, []))


def fill_build(
    build: Build,
    sources: Sequence[Source],
    *,
    embedder: Embedder,
    store: Store,
    options: Options,
    watch: Callable[[Tally], None] = lambda _: None,
) -> Report:
    """Make what is being built equal to the sources. Nobody searches it yet, so that its own losses are none."""
    return sync(
        sources,
        embedder=embedder,
        store=build.store,
        options=replace(options, guard=Guard(EVERYTHING)),
        lender=store if build.comparable else None,
        watch=watch,
    )


def _finish(build: Build, store: Store, tallies: Sequence[Tally], options: Options) -> list[str]:
    """Complete and check what was built, and switch to it; give what a person must know of that, the switch last."""
    _check_losses([_measure_loss(store, build.store, tally, recut=options.rechunk) for tally in tallies], options.guard)
    described = store.describe() or build.old
    _keep_runs(described, build.store, tallies)
    appeared = sorted(described.datasets.keys() - build.old.datasets.keys() - {tally.dataset for tally in tallies})
    if appeared and not build.comparable:
        raise GuardError(f"another run has made datasets meanwhile, which can't be copied: {', '.join(appeared)}")
    for dataset in sorted({*build.others, *appeared} & described.datasets.keys()):
        build.store.record(dataset, _forget_run(described.datasets[dataset]))  # else a death would leave it unseen
        for _ in copy_dataset(store, build.store, dataset, described.datasets[dataset]):
            pass
    for finding in inspect(build.store):
        raise StoreError(
            f"collection {store.collection!r} in {store.name} was not built well: {finding}. Where that was copied, "
            "name its source, too, or leave it out: --drop-others"
        )
    build.switching.append(True)
    switched = store.switch(build.store)
    return [*_note_others(build, "copied", "dropped"), *filter(None, [switched])]


def _keep_runs(old: Collection, built: Store, tallies: Sequence[Tally]) -> None:
    """Keep, of datasets that this run did not complete, when they were complete last."""
    new = built.describe()
    for tally in tallies:
        entry = new.datasets.get(tally.dataset, {}) if new else {}
        last = old.datasets.get(tally.dataset, {}).get("last_run")
        if last and entry and "last_run" not in entry:
            built.record(tally.dataset, {**entry, "last_run": last})


def _foresee(build: Build, store: Store, tallies: Sequence[Tally], options: Options) -> list[str]:
    """Check what the switch would do, and say it."""
    losses = [_measure_loss(store, build.store, tally, recut=options.rechunk) for tally in tallies]
    _check_losses(losses, options.guard)
    leaving = [
        f"{loss.lost} of {loss.before} chunks of {loss.dataset} would leave the collection"
        for loss in losses
        if loss.lost
    ]
    return [*leaving, *_note_others(build, "would be copied", "would be dropped")]


def _note_others(build: Build, copied: str, dropped: str) -> Iterator[str]:
    if build.others:
        yield f"{copied} with their vectors: {', '.join(build.others)}"
    if build.dropped:
        yield f"{dropped}, as --drop-others says: {', '.join(build.dropped)}"


def _forget_run(entry: Mapping[str, Json]) -> Mapping[str, Json]:
    return {name: value for name, value in entry.items() if name != "last_run"}


def _check_losses(losses: Iterable[Loss], guard: Guard) -> None:
    """Raise GuardError where the switch would lose more than allowed, or an item that was skipped this time."""
    for loss in losses:
        guard.check(loss.dataset, before=loss.before, lost=loss.lost, after=loss.after, nothing_remains=loss.everything)
        if loss.skipped and guard.limit != EVERYTHING:
            origin, item = min(loss.skipped)
            raise GuardError(
                f"dataset {loss.dataset!r}: {len(loss.skipped)} items that were skipped this time would be lost, the "
                f"first of them {item or 'all'} of {origin}. Mend them, or let them go: {guard.command} --max-delete "
                f"{EVERYTHING}"
            )


def _measure_loss(old: Store, new: Store, tally: Tally, *, recut: bool) -> Loss:
    """Measure what a dataset loses. Where it is cut anew, fewer chunks of what is still there are no loss."""
    before, after = old.count_origins(tally.dataset), new.count_origins(tally.dataset)
    gone = before.keys() - after.keys()
    skipped = sorted({item.origin for item in tally.skipped} & before.keys())
    held, holds = _count_items(old, tally.dataset, skipped), _count_items(new, tally.dataset, skipped)
    return Loss(
        tally.dataset,
        before=sum(before.values()),
        lost=sum(
            max(0, count - after.get(origin, 0)) for origin, count in before.items() if origin in gone or not recut
        ),
        after=sum(after.values()),
        everything=gone == before.keys(),
        skipped=held.keys() - holds.keys() if recut else (held - holds).keys(),
    )


def _count_items(store: Store, dataset: str, origins: Sequence[str]) -> Counter[tuple[str, str]]:
    """Count the points of each row or heading, and of each question, that are stored of these origins."""
    items: Counter[tuple[str, str]] = Counter()
    for some in batched(origins, ORIGINS):
        for points in batched(store.list_points(dataset, some), ORIGINS):
            for payload in store.fetch_payloads([point.id for point in points]).values():
                own = payload["ingest"]
                if isinstance(own, Mapping):
                    items[str(own["origin"]), str(own["item"])] += 1
                    if question := payload["question"]:
                        items[str(own["origin"]), str(question)] += 1
    return items
