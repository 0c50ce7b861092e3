"""The pipeline: read, chunk, strike off, embed, write; then delete, last, and say so in the collection.

A run makes the collection equal to its sources:

    stored?  fingerprint                                       action
    no       -                                                 embed and write
    yes      same                                              nothing
    yes      differs                                           overwrite the payload
    stored, not wanted, its origin read without failure        delete, after all writes
    stored, not wanted, its origin not read to the end, or of
    the row, question or heading of an item that failed        keep
"""

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain

from ingest.chunking import open_chunker, read_size
from ingest.comparison import Comparison, Progress, count_origins
from ingest.encoding import Encoding, refuse_identity
from ingest.entries import narrow
from ingest.errors import (
    CredentialError,
    EmbeddingError,
    GuardError,
    SourceError,
    StoreError,
    UsageError,
    read_signal,
)
from ingest.guard import Guard
from ingest.identity import differ
from ingest.ledger import Ledger, open_ledger
from ingest.model import File, Identity, IndexKind, Json
from ingest.notes import note_cleared, note_cut, note_idle, note_sizes, note_twins, note_untouched, sample_texts
from ingest.protocols import Chunker, Embedder, Source, Store, Window
from ingest.pruning import plan_pruning, prune
from ingest.report import Report, Tally
from ingest.roles import read_roles
from ingest.share import WHOLE, Share
from ingest.stock import take_stock
from ingest.strangers import note_strangers
from ingest.trial import replace_trial
from ingest.version import read_version


@dataclass(frozen=True, slots=True)
class Options:
    """How a run goes. Of chunking, None means what the dataset recorded, else the default.

    chunk_size: characters, or tokens as "126t". chunk_overlap: characters. rechunk: cut anew by what is given here and
    the defaults. find_window: gives the window of a model, None where it has no end.
    accept_columns: a workbook may lose the column of a role.
    prune: delete what left the sources. limit: at most so many texts are sent to the service (what a cache holds is
    free), and nothing is deleted.
    batch_size: texts in one request; concurrency: requests at the same time, at most.
    indexes: payload indexes, field and kind, that the collection has from then on.
    share: what of the origins, listed and stored, is looked at; all else is left alone.
    Raises UsageError for a chunk_size that is none.
    """

    chunk_size: int | str | None = None
    chunk_overlap: int | None = None
    rechunk: bool = False
    find_window: Callable[[Identity], Window | None] = lambda _: None
    accept_columns: bool = False
    guard: Guard = field(default_factory=Guard)
    prune: bool = True
    limit: int | None = None
    batch_size: int = 32
    concurrency: int = 4
    indexes: tuple[tuple[str, IndexKind], ...] = ()
    share: Share = WHOLE

    @property
    def deletes(self) -> bool:
        """Whether what left the sources is deleted."""
        return self.prune and self.limit is None

    def __post_init__(self) -> None:
        if self.chunk_size is not None:
            read_size(self.chunk_size)


def sync(
    sources: Sequence[Source],
    *,
    embedder: Embedder,
    store: Store,
    options: Options = Options(),
    lender: Store | None = None,
    watch: Callable[[Tally], None] = lambda _: None,
) -> Report:
    """Make the collection equal to its sources.

    lender: another collection whose vectors this embedder makes too: they are taken before anything is embedded.
    Sources are independent: one that can't be read leaves its dataset alone, and the rest is finished; its error is
    in the report. `watch` is called with the tally of the dataset under way, after each file and batch.
    Raises UsageError for two sources of one name, IdentityError and StoreError where the collection can't be used.
    """
    started = time.monotonic()
    check_names(sources)
    notes: list[str] = []
    described = replace_trial(sources, embedder, store, notes, deletes=options.deletes, share=options.share)
    if described and (difference := differ(described.identity, embedder.identity)):
        raise refuse_identity(store, embedder, difference)
    notes += note_cleared(store.clear())
    notes += note_strangers(store, described)
    encoding = Encoding(
        embedder,
        store,
        described,
        read_version(),
        options.batch_size,
        options.concurrency,
        options.limit,
        lender,
        options.indexes,
        options.share,
    )
    if described:
        encoding.complete_indexes()
    named = {source.dataset for source in sources}
    others = described.datasets.keys() - named if described else set()
    tallies: list[Tally] = []
    for source in sources:
        tallies.append(tally := Tally(source.dataset))
        try:
            with closing(_sync_dataset(source, encoding, options, tally, others)) as steps:
                for _ in steps:
                    watch(tally)
        except (UsageError, SourceError, EmbeddingError, GuardError) as error:
            tally.error = error
            if isinstance(error, CredentialError) and error is not encoding.failure:  # the store's
                break
        except StoreError as error:
            tally.error = error
            break
        except KeyboardInterrupt as received:
            tally.error = read_signal(received)
            break
        finally:
            if tally.error:
                encoding.take_back(tally)
    notes += [*chain.from_iterable(tally.notes for tally in tallies), *note_untouched(others)]
    seconds = time.monotonic() - started
    return Report(tallies, embedder.requests, embedder.retries, seconds, embedder.cached, notes)


def _sync_dataset(
    source: Source, encoding: Encoding, options: Options, tally: Tally, others: AbstractSet[str]
) -> Generator[None, None, None]:
    """Make one dataset equal to its source, a step at a time. `others` are datasets that the run does not name."""
    started = time.monotonic()
    store, dataset, share = encoding.store, source.dataset, options.share
    known = encoding.described.datasets.get(dataset, {}) if encoding.described else {}
    stock = take_stock(source, store, share, known)
    tally.files = len(stock.files)
    if options.deletes:
        stock.check_gone(options.guard)

    recorded = narrow(known, share)
    tally.recognise(known)
    roles = read_roles(recorded, accepted=options.accept_columns)
    window = options.find_window((encoding.described or encoding.embedder).identity)
    comparison = Comparison(source, choose_chunker(dataset, recorded, options, window), store, tally, roles)
    cut = comparison.chunker.settings
    ledger = open_ledger(source, store, stock, known, cut, deletes=options.deletes)
    changed: list[Progress] = []
    missing = comparison.strike_off(_note(comparison.find_changed(stock.files, stock.counts), changed))
    texts: set[str] = set()
    with closing(missing):  # a failure's traceback would keep it, and the processes that it has
        yield from encoding.write(sample_texts(missing, texts), tally, ledger.entry)
    tally.notes += [
        *note_idle(stock),
        *note_twins(store, dataset, others if stock.is_new else set(), texts),
        *note_cut(dataset, ledger.former, cut, tally.embedded),
        *note_sizes(dataset, cut, comparison.chunker.window, tally),
    ]
    tally.origins = count_origins(stock.files, stock.gone, changed)
    check_read(source, stock.listed, tally)
    if not (encoding.described or share.is_whole):
        encoding.meet_in_time()  # a share without a text of its own, too, says in the collection that it was complete
        if encoding.failure:
            raise encoding.failure
    if not encoding.described:
        _check_left(encoding, tally)
        return
    yield from _complete(ledger, comparison, changed, options, encoding, started=started)


def _complete(
    ledger: Ledger,
    comparison: Comparison,
    changed: Sequence[Progress],
    options: Options,
    encoding: Encoding,
    *,
    started: float,
) -> Iterator[None]:
    """Delete what is stored and no longer wanted, now that all is written, and say so in the collection.

    started: when the run of the dataset began, by the monotonic clock.
    """
    store, stock, dataset = ledger.store, ledger.stock, ledger.stock.dataset
    tally, roles = comparison.tally, comparison.roles
    encoding.flush()
    lost = 0
    if options.deletes:
        recut = ledger.former is not None
        pruning = plan_pruning(store, stock.gone, stock.own.lost, changed, tally, recut=recut, excess=stock.own.excess)
        lost = pruning.lost
        ledger.check_losses(options.guard, lost=lost, after=tally.hold())
        yield from prune(store, dataset, pruning, tally)
        roles.forget(file.origin for file in stock.files)
    else:
        tally.kept += stock.own.lost + sum(len(progress.stale) for progress in changed)
    ledger.settle(options.guard, lost=lost, kept=tally.kept, after=tally.hold())
    ledger.entry["columns"] = roles.describe()
    done = [each for each in changed if not each.marked and each.state and (options.deletes or not each.stale)]
    _mark(ledger, done, comparison.moment)
    _check_left(encoding, tally)
    ledger.entry["skipped"] = tally.list_skipped()
    complete = not (tally.skipped or tally.left or roles.refusals or (tally.kept and options.prune))
    ledger.close({"seconds": round(time.monotonic() - started, 3), **tally.count()} if complete else None)
    roles.raise_refusals()


def _mark(ledger: Ledger, done: Sequence[Progress], written: str) -> None:
    """Write the states of origins; before them what the next run must know of these without reading them."""
    if done:
        ledger.write()
    for progress in done:
        if progress.state:
            ledger.store.mark(ledger.stock.dataset, progress.file.origin, progress.state, written)
    ledger.store.flush()


def check_names(sources: Sequence[Source]) -> None:
    """Raise UsageError for two sources of one name."""
    seen: dict[str, str] = {}
    for source in sources:
        if source.dataset in seen:
            raise UsageError(
                f"two sources of this run are called {source.dataset!r}: {seen[source.dataset]} and {source.location}. "
                "Index one of them in a run of its own, with --dataset and another name"
            )
        seen[source.dataset] = source.location


def check_read(source: Source, files: Sequence[File], tally: Tally) -> None:
    """Raise SourceError where no file at all could be read: its dataset is left alone. files: all that it lists."""
    unread = [item for item in tally.skipped if not item.where]
    if not files or len({item.origin for item in unread}) < len(files):
        return
    if len(files) > 1:
        raise SourceError(f"{source.location}: none of its {len(files)} files could be read")
    tally.skipped.clear()  # the error says it
    raise SourceError(f"{files[0].path}: {unread[0].reason}")


def _check_left(encoding: Encoding, tally: Tally) -> None:
    """Raise what ended the embedding, where it ended before this dataset was done."""
    if encoding.failure and tally.left:
        raise encoding.failure


def choose_chunker(dataset: str, recorded: Mapping[str, Json], options: Options, window: Window | None) -> Chunker:
    """Make the chunker that a dataset recorded, or the one that is asked for where it has none or is cut anew.

    Raises UsageError, naming the dataset, where it can't be cut so.
    """
    settings = recorded.get("chunking")
    if options.rechunk or not isinstance(settings, Mapping):
        settings = None
    try:
        return open_chunker(settings, size=options.chunk_size, overlap=options.chunk_overlap, window=window)
    except UsageError as error:
        raise UsageError(f"{dataset}: {error}") from error


def _note(changed: Iterator[tuple[Progress, bytes]], seen: list[Progress]) -> Iterator[tuple[Progress, bytes]]:
    for progress, content in changed:
        seen.append(progress)
        yield progress, content
