"""Whether the collection equals its sources, point by point, with nothing embedded.

Every stored point is judged by itself, a sample is read back and searched for, and every chunk that the sources want
is compared with what is stored under its name. An ordinary run passes over origins whose count and state agree, and
so would not see what was changed in place: such origins lose their state here, and the next run compares them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from heapq import heappush, heappushpop
from pathlib import Path

from ingest.batching import batched
from ingest.comparison import Comparison, Progress
from ingest.contract import MARKS, find_difference, read_own
from ingest.errors import IngestError, ItemsSkipped, SourceError, UsageError, VerificationError
from ingest.inspection import KINDS, NO_VECTOR, Finding, describe_there, examine, judge_payload, make_finding
from ingest.model import Chunk, Collection, File, Json, Payload, Point, Skipped, digest_text
from ingest.notes import tell_tokenizers
from ingest.protocols import Chunker, Source, Store
from ingest.refusal import explain_refusal
from ingest.report import Tally, choose_failure
from ingest.roles import read_roles
from ingest.sync import Options, check_names, check_read, choose_chunker

SAMPLE = 100  # points that are read back and searched for
LISTED = 1_000  # findings that are kept one by one; all are counted
ORIGINS = 64  # origins whose stored points are listed in one call
PAYLOADS = 256  # payloads that are fetched in one call
NEIGHBOURS = (10, 100)  # hits among which a point must find itself: a graph may miss it among few, not among many
SELF = 0.99  # cosine of a vector with itself, at least, in a store that rounds its vectors


@dataclass(frozen=True, slots=True)
class Verification:
    """What a comparison found.

    points: that the collection holds. counts: findings of each kind, exactly. findings: the first of them.
    datasets: of each source, its `unchanged` points, what was `kept`, `skipped` and `ignored`, and its error.
    not_compared: datasets of the collection without a source here; their points were judged by themselves only.
    sampled: points that were read back. invalidated: whether what an ordinary run would pass over was marked for it.
    """

    points: int
    counts: Mapping[str, int]
    findings: Sequence[Finding]
    datasets: Sequence[Tally]
    not_compared: Sequence[str]
    sampled: int
    invalidated: bool

    @property
    def failure(self) -> IngestError | None:
        """The error whose exit code the command ends with; None where the collection equals the sources."""
        if failure := choose_failure([tally.error for tally in self.datasets if tally.error]):
            return failure
        if self.counts:
            return VerificationError(self.describe())
        skipped = sum(len(tally.skipped) for tally in self.datasets)
        return ItemsSkipped(f"{skipped} items can't be compared, since they can't be read") if skipped else None

    @property
    def exit_code(self) -> int:
        """0 where the collection equals the sources, else that of the failure."""
        return self.failure.exit_code if self.failure else 0

    def describe(self) -> str:
        """Say in one line what differs."""
        return f"the collection and the sources differ: {_list_counts(self.counts)}"

    def as_json(self) -> Mapping[str, Json]:
        """Give the whole of it as one JSON object."""
        return {
            "exit_code": self.exit_code,
            "points": self.points,
            "sampled": self.sampled,
            "counts": dict(self.counts),
            "findings": [asdict(finding) for finding in self.findings],
            "not_compared": list(self.not_compared),
            "invalidated": self.invalidated,
            "datasets": [
                {
                    "dataset": tally.dataset,
                    "unchanged": tally.unchanged,
                    "kept": tally.kept,
                    "ignored": [asdict(item) for item in tally.ignored],
                    "skipped": [asdict(item) for item in tally.skipped],
                    "error": str(tally.error) if tally.error else None,
                }
                for tally in self.datasets
            ],
        }


def verify(
    sources: Sequence[Source],
    *,
    store: Store,
    options: Options,
    sample: int = SAMPLE,
    invalidate: bool = False,
) -> Verification:
    """Compare the collection with its sources, as a run with these options would read and cut them.

    invalidate: let the next ordinary run mend what it would pass over. Origins that differ lose their state, payloads
    that differ their fingerprint, and a point whose vector no search can rank is deleted where its source still says
    it. Nothing else is written, and nothing at all where the collection equals the sources.
    Sources are independent, as in `sync`. Raises UsageError for two sources of one name, StoreError where there is no
    collection or the store fails, IdentityError for one that this tool did not make.
    """
    check_names(sources)
    described = describe_there(store)
    store.settle()
    names = {*described.datasets, *(source.dataset for source in sources)}
    ledger = _Ledger()
    drawn = ledger.judge(store.scroll(), described.dimension, names, sample)
    ledger.note(_read_back(store, drawn))
    tallies: list[Tally] = []
    for source in sources:
        tallies.append(tally := Tally(source.dataset))
        recorded = described.datasets.get(source.dataset, {})
        try:
            comparison = _Comparison(
                source,
                _open_chunker(source.dataset, recorded, options, described),
                store,
                tally,
                read_roles(recorded, accepted=options.accept_columns),
                names=names,
                unfindable=ledger.unfindable,
                invalidate=invalidate,
            )
            ledger.note(comparison.find_differences())
        except (UsageError, SourceError) as error:
            tally.error = error
    return Verification(
        points=ledger.points,
        counts={kind: ledger.counts[kind] for kind in KINDS if ledger.counts[kind]},
        findings=ledger.findings,
        datasets=tallies,
        not_compared=sorted(described.datasets.keys() - {source.dataset for source in sources}),
        sampled=len(drawn),
        invalidated=invalidate,
    )


def _open_chunker(dataset: str, recorded: Mapping[str, Json], options: Options, described: Collection) -> Chunker:
    """Make the chunker of a dataset. Raises UsageError where it would cut what is unchanged otherwise than it was."""
    chunker = choose_chunker(dataset, recorded, options, options.find_window(described.identity))
    if difference := tell_tokenizers(chunker.settings, chunker.window):
        raise UsageError(
            f"{dataset} {difference}: where that cuts otherwise can't be told from what differs. Bring the former one "
            "back, or let a run cut all by this one: --rechunk"
        )
    return chunker


@dataclass(slots=True)
class _Ledger:
    """What was found so far: counted without end, listed up to a bound.

    unfindable: ids of points whose vector no search can rank.
    """

    points: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    unfindable: set[str] = field(default_factory=set)

    def note(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self.counts[finding.kind] += 1
            if len(self.findings) < LISTED:
                self.findings.append(finding)

    def judge(self, points: Iterable[Point], dimension: int, datasets: set[str], sample: int) -> list[Point]:
        """Judge every point by itself, and draw a sample of the sound ones: those whose ids hash lowest."""
        drawn: list[tuple[int, str, Point]] = []
        for point, findings in examine(points, dimension, datasets):
            self.points += 1
            self.note(findings)
            if any(finding.kind in NO_VECTOR for finding in findings):
                self.unfindable.add(point.id)
            if findings:
                continue
            ticket = (-int(digest_text(point.id), 16), point.id, point)
            if len(drawn) < sample:
                heappush(drawn, ticket)
            elif sample:
                heappushpop(drawn, ticket)
        return [point for *_, point in drawn]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Comparison(Comparison):
    """One source beside what is stored of its dataset, read as a run reads it, with every point looked at.

    names: datasets that are known. unfindable: ids of points whose vector no search can rank.
    """

    names: set[str]
    unfindable: set[str]
    invalidate: bool

    def find_differences(self) -> Iterator[Finding]:
        """Yield what the source says and the store does not, and what the store says and the source does not.

        Raises SourceError where the source, or every file of it, can't be read, or where a role lost its column.
        """
        dataset = self.source.dataset
        files = self.source.files()
        counts = self.store.count_origins(dataset)
        for batch in batched(files, ORIGINS):
            stored: dict[str, set[str]] = {file.origin: set() for file in batch}
            for point in self.store.list_points(dataset, list(stored)):
                stored[point.origin].add(point.id)
            for file in batch:
                yield from self._compare(file, stored[file.origin])
        check_read(self.source, files, self.tally)
        for origins in batched(sorted(counts.keys() - {file.origin for file in files}), ORIGINS):
            ids = (point.id for point in self.store.list_points(dataset, origins))
            yield from self._find_leftovers(ids, set())
        self.roles.raise_refusals()

    def _compare(self, file: File, stored: set[str]) -> Iterator[Finding]:
        """Compare one origin; what the source does not want of its `stored` ids is left over."""
        try:
            content = Path(file.path).read_bytes()
        except OSError as error:
            self.tally.skipped.append(Skipped(file.origin, "", explain_refusal(error)))
            self.tally.kept += len(stored)
            return
        progress, unchanged = Progress(file, "", "", len(stored)), self.tally.unchanged
        left, texts = set(stored), set[str]()
        for chunks in batched(self._read(progress, content), PAYLOADS):
            yield from self._compare_chunks(chunks, stored)
            left.difference_update(chunk.id for chunk in chunks)
            texts.update(chunk.text for chunk in chunks)
        if not progress.whole:
            self.tally.kept += len(left)
            left.clear()
        yield from self._find_leftovers(sorted(left), texts)
        differs = left or self.tally.unchanged - unchanged < progress.wanted
        if self.invalidate and stored and differs:
            self.store.mark(self.source.dataset, file.origin, "")

    def _compare_chunks(self, chunks: Sequence[Chunk], stored: set[str]) -> Iterator[Finding]:
        """Compare chunks with the points of their names; what is wrong with a point by itself was found before."""
        payloads = self.store.fetch_payloads([chunk.id for chunk in chunks])
        drifted: dict[str, Payload] = {}
        for chunk in chunks:
            payload = payloads.get(chunk.id)
            if payload is None:
                text = KINDS["missing"]
                yield Finding("missing", self.source.dataset, chunk.origin, chunk.where, chunk.id, text)
            elif difference := find_difference(payload, chunk.payload):
                drifted[chunk.id] = payload
                if not judge_payload(chunk.id, payload, self.names):
                    text = f"its {difference} is not what the sources say"
                    yield Finding("drifted", self.source.dataset, chunk.origin, chunk.where, chunk.id, text)
            elif chunk.id not in self.unfindable:
                self.tally.unchanged += 1
        if self.invalidate:
            if doomed := [chunk.id for chunk in chunks if chunk.id in self.unfindable]:
                self.store.delete(doomed)
            if blank := {id_: _blank(drifted[id_]) for id_ in drifted.keys() & stored - self.unfindable}:
                self.store.overwrite(blank)

    def _find_leftovers(self, ids: Iterable[str], texts: set[str]) -> Iterator[Finding]:
        for batch in batched(ids, PAYLOADS):
            for id_, payload in self.store.fetch_payloads(batch).items():
                if not judge_payload(id_, payload, self.names):
                    yield make_finding("duplicate" if read_own(payload)["text"] in texts else "stale", id_, payload)


def _read_back(store: Store, points: Sequence[Point]) -> Iterator[Finding]:
    """Yield the points that their own id, or a search for their own vector, does not give back."""
    payloads = store.fetch_payloads([point.id for point in points])
    for point in points:
        if payloads.get(point.id) != point.payload:
            yield make_finding("unsearchable", point.id, point.payload, "it is not read back by its id")
        elif not any(_finds_itself(store, point, limit) for limit in NEIGHBOURS):
            yield make_finding("unsearchable", point.id, point.payload, "a search for its own vector does not find it")


def _finds_itself(store: Store, point: Point, limit: int) -> bool:
    """Say whether a point is among the hits for its own vector; as many equals before it are as good as itself."""
    hits = store.search(point.vector, limit)
    if any(hit.id == point.id and hit.score >= SELF for hit in hits):
        return True
    return len(hits) == limit and hits[-1].score >= SELF


def _blank(payload: Payload) -> Payload:
    """Give a payload that no run takes for what a source says, and that lends its vector to no other text."""
    own = {name: value for name, value in read_own(payload).items() if name not in MARKS}
    return {**payload, "ingest": {**own, "fingerprint": "", "text": ""}}


def _list_counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in counts.items())
