"""Making a collection anew beside the one that is searched: fill it, check it, and switch in one step.

Until the switch everything is served by the old collection, whatever happens. A run that ends before leaves what it
built, and the next one with --rebuild goes on from there; an ordinary run clears it away.
"""

from collections.abc import Callable, Mapping, Sequence
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
from ingest.report import Report, Tally
from ingest.sync import Options, sync
from ingest.version import read_version

ORIGINS = 64  # origins whose points are listed in one call


@dataclass(frozen=True, slots=True)
class Build:
    """A collection that is being built.

    old: what the one in use records of itself. comparable: whether the vectors of both can be compared.
    others: datasets of the old one that this run doesn't name and that are to be copied.
    """

    store: Store
    old: Collection
    comparable: bool
    others: Sequence[str] = ()
    notes: list[str] = field(default_factory=list)


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
    switch: False only fills, for a dry run.
    Raises GuardError for datasets that can't be copied, since their vectors are another model's, and as `sync` does.
    """
    build = open_build(sources, embedder=embedder, store=store, options=options, drop_others=drop_others)
    if build is None:
        return sync(sources, embedder=embedder, store=store, options=options, watch=watch)
    with closing(build.store):
        report = fill_build(build, sources, embedder=embedder, store=store, options=options, watch=watch)
        if switch and (report.failure is None or isinstance(report.failure, ItemsSkipped)):
            try:
                build.notes.append(_finish(build, store, report.datasets, options.guard))
            except IngestError as error:
                report.datasets[-1].error = error
            except KeyboardInterrupt as received:
                report.datasets[-1].error = read_signal(received)
    if report.failure and not isinstance(report.failure, ItemsSkipped):
        build.notes.append(
            "not switched: the collection that was there before is unchanged and in use; run again with --rebuild to "
            "go on, or without to clear away what was built"
        )
    return replace(report, notes=[*report.notes, *filter(None, build.notes)])


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
    notes = [f"dropped, as --drop-others says: {', '.join(others)}"] if others and drop_others else []
    notes += [f"copied with their vectors: {', '.join(others)}"] if others and not drop_others else []
    return Build(built, old, not difference, [] if drop_others else others, notes)


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


def _finish(build: Build, store: Store, tallies: Sequence[Tally], guard: Guard) -> str:
    """Complete and check what was built, and switch to it; give what a person must know of that."""
    _check_losses(store, build.store, tallies, guard)
    for dataset in build.others:
        for _ in copy_dataset(store, build.store, dataset, build.old.datasets[dataset]):
            pass
    for finding in inspect(build.store):
        raise StoreError(f"collection {store.collection!r} in {store.name} was not built well: {finding}")
    return store.switch(build.store)


def _forget_run(entry: Mapping[str, Json]) -> Mapping[str, Json]:
    return {name: value for name, value in entry.items() if name != "last_run"}


def _check_losses(old: Store, new: Store, tallies: Sequence[Tally], guard: Guard) -> None:
    """Raise GuardError where the switch would lose more than allowed, or an item that was skipped this time."""
    for tally in tallies:
        before, after = old.count_origins(tally.dataset), new.count_origins(tally.dataset)
        gone = before.keys() - after.keys()
        guard.check(
            tally.dataset,
            before=sum(before.values()),
            lost=sum(before[origin] for origin in gone),
            after=sum(after.values()),
            nothing_remains=gone == before.keys(),
        )
        skipped = sorted({item.origin for item in tally.skipped} & before.keys())
        lost = _list_items(old, tally.dataset, skipped) - _list_items(new, tally.dataset, skipped)
        if lost and guard.limit != EVERYTHING:
            origin, item = min(lost)
            raise GuardError(
                f"dataset {tally.dataset!r}: {len(lost)} items that were skipped this time would be lost, the first "
                f"of them {item or 'all'} of {origin}. Mend them, or let them go: {guard.command} --max-delete "
                f"{EVERYTHING}"
            )


def _list_items(store: Store, dataset: str, origins: Sequence[str]) -> set[tuple[str, str]]:
    """List the rows and headings that are stored of these origins."""
    items: set[tuple[str, str]] = set()
    for some in batched(origins, ORIGINS):
        for points in batched(store.list_points(dataset, some), ORIGINS):
            for payload in store.fetch_payloads([point.id for point in points]).values():
                own = payload["ingest"]
                if isinstance(own, Mapping):
                    items.add((str(own["origin"]), str(own["item"])))
    return items
