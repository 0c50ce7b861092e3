"""From missing chunks to written points: reuse what is there, embed the rest in batches, write as vectors come."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.batching import batched
from ingest.comparison import Progress
from ingest.concurrency import map_unordered
from ingest.errors import EmbeddingError, IdentityError, IngestError, UsageError
from ingest.identity import CANARIES, differ, diverge
from ingest.inspection import judge_vector
from ingest.model import Chunk, Collection, IndexKind, Json, Point, Refused, Skipped
from ingest.protocols import Embedder, Store
from ingest.report import Tally
from ingest.share import WHOLE, Share
from ingest.stopwatch import Stopwatch

if TYPE_CHECKING:
    from ingest.model import Vector

WINDOW = 256  # missing chunks that are looked up together: one question to the store, several batches to the service


@dataclass(slots=True)
class Wanted:
    """One text to embed, and every chunk of the run that says it."""

    text: str
    embed_text: str
    chunks: list[tuple[Progress, Chunk]]


@dataclass(slots=True)
class Encoding:
    """The embedding of a whole run, dataset after dataset.

    described: what the collection recorded of itself, None until it exists.
    lender: another collection with vectors of the same identity, that are taken where this one has none of a text.
    limit: texts that the service may still be asked for, None where there is no bound.
    indexes: payload indexes that a collection gets when it is made: field and kind.
    share: the one that records what is written.
    failure: set once the service has failed for good; what is missing from then on is left, and the rest goes on.
    asking: runs while the service is asked.
    """

    embedder: Embedder
    store: Store
    described: Collection | None
    version: str
    batch_size: int
    concurrency: int
    limit: int | None
    lender: Store | None = None
    indexes: Sequence[tuple[str, IndexKind]] = ()
    share: Share = WHOLE
    failure: IngestError | None = None
    asking: Stopwatch = field(default_factory=Stopwatch)
    _met: bool = False
    _recorded: set[str] = field(default_factory=set)
    _in_flight: dict[str, Wanted] = field(default_factory=dict)
    _under_way: int = 0  # points that the store has taken and may still fail to write

    def write(
        self, missing: Iterable[tuple[Progress, Chunk]], tally: Tally, entry: Mapping[str, Json]
    ) -> Iterator[None]:
        """Embed and write what is missing, a batch at each step, as the vectors come.

        entry: recorded with the dataset before its first batch is sent.
        """
        before = self.asking.seconds
        batches = self._batch(missing, tally, entry)
        for batch, outcomes in map_unordered(self._ask, batches, workers=self.concurrency):
            if isinstance(outcomes, IngestError):
                self._leave(batch, tally)
            else:
                self._keep(batch, outcomes, tally)
            yield
        tally.asking += self.asking.seconds - before

    def meet(self) -> None:
        """Ask the canaries, once a run: make the collection, or prove that its vectors and ours can be compared.

        Raises IdentityError where they can't.
        """
        if self._met:
            return
        measured = self.embedder.probe(CANARIES)
        identity = self.embedder.identity
        if self.described is None:
            self.described = Collection(identity, self.embedder.name, self.version, int(measured.shape[1]), measured)
            self.store.create(self.described)
            self.complete_indexes()
        elif difference := differ(self.described.identity, identity) or diverge(self.described.canaries, measured):
            raise refuse_identity(self.store, self.embedder, difference)
        self._met = True

    def flush(self) -> None:
        """Wait until all is written."""
        self.store.flush()
        self._under_way = 0

    def take_back(self, tally: Tally) -> None:
        """Take out of a tally what is not known to be written, since its dataset ended before it was."""
        tally.added -= self._under_way
        self._under_way = 0

    def complete_indexes(self) -> None:
        """Make the payload indexes; those that are there already stay."""
        for path, kind in self.indexes:
            self.store.create_index(path, kind)

    def _batch(
        self, missing: Iterable[tuple[Progress, Chunk]], tally: Tally, entry: Mapping[str, Json]
    ) -> Iterator[list[Wanted]]:
        """Give batches of texts of like length: who pads a batch to its longest text wastes little on it.

        They are cut of what neither store nor cache has. What doesn't fill a batch waits for the next window. So the
        texts of a dataset cost no request more than they fill.
        """
        waiting: list[Wanted] = []
        for window in batched(missing, WINDOW):
            fresh = self._gather(window)
            for text, vector in self._find_vectors(list(fresh)).items():
                wanted = fresh.pop(text)
                tally.reused += len(wanted.chunks)
                self._record(tally, entry)
                self._upsert(wanted, vector, tally)
            self._in_flight |= fresh
            self._recall(fresh, tally, entry)
            waiting = sorted([*waiting, *fresh.values()], key=lambda wanted: len(wanted.embed_text))
            while len(waiting) >= self.batch_size:
                batch, waiting = waiting[: self.batch_size], waiting[self.batch_size :]
                yield from self._admit(batch, tally, entry)
        yield from self._admit(waiting, tally, entry)

    def _recall(self, fresh: dict[str, Wanted], tally: Tally, entry: Mapping[str, Json]) -> None:
        """Write what the embedder has at hand, and take it out of `fresh`."""
        if not fresh or not self.meet_in_time():
            return
        found = self.embedder.recall([wanted.embed_text for wanted in fresh.values()])
        recalled = [wanted for wanted in fresh.values() if wanted.embed_text in found]
        if recalled:
            self._record(tally, entry)
            self._write(recalled, [found[wanted.embed_text] for wanted in recalled], tally)
            tally.cached += len(recalled)
        for wanted in recalled:
            del fresh[wanted.text]

    def meet_in_time(self) -> bool:
        """Say whether the canaries agreed; ask them where texts will be sent. Before that no other vector is taken."""
        if not self._met and not self.failure and self.limit != 0:
            try:
                self.meet()
            except (EmbeddingError, UsageError) as error:
                self.failure = error
        return self._met and not self.failure

    def _find_vectors(self, texts: Sequence[str]) -> "dict[str, Vector]":
        """Find vectors that are stored already, here or at the lender; one that is damaged is made anew."""
        found: dict[str, Vector] = {}
        # Where there was no collection, what one holds by now is another share's, whose canaries nobody has compared.
        for store in (self.store if self.described else None, self.lender):
            missing = [text for text in texts if text not in found]
            if store and missing:
                stored = store.find_vectors(missing).items()
                found |= {text: vector for text, vector in stored if not judge_vector(vector, len(vector))}
        return found

    def _record(self, tally: Tally, entry: Mapping[str, Json]) -> None:
        """Record a dataset before its first point: what is not recorded would be neither shown nor copied."""
        if tally.dataset not in self._recorded:
            self.store.record(tally.dataset, entry, self.share)
            self._recorded.add(tally.dataset)

    def _gather(self, window: Sequence[tuple[Progress, Chunk]]) -> dict[str, Wanted]:
        fresh: dict[str, Wanted] = {}
        for progress, chunk in window:
            same = self._in_flight.get(chunk.text) or fresh.get(chunk.text)
            if same:
                same.chunks.append((progress, chunk))
            else:
                fresh[chunk.text] = Wanted(chunk.text, chunk.embed_text, [(progress, chunk)])
        return fresh

    def _admit(self, batch: list[Wanted], tally: Tally, entry: Mapping[str, Json]) -> Iterator[list[Wanted]]:
        """Give of a batch what may be embedded, and leave the rest."""
        allowed = len(batch) if self.limit is None else min(self.limit, len(batch))
        if not self._met or self.failure:
            allowed = 0
        self._leave(batch[allowed:], tally)
        if not allowed:
            return
        if self.limit is not None:
            self.limit -= allowed
        self._record(tally, entry)
        yield batch[:allowed]

    def _ask(self, batch: list[Wanted]) -> "tuple[list[Wanted], Sequence[Vector | Refused] | IngestError]":
        if self.failure:
            return batch, self.failure
        try:
            with self.asking:
                return batch, self.embedder.embed_each([wanted.embed_text for wanted in batch])
        except (EmbeddingError, UsageError) as error:
            self.failure = self.failure or error  # at once: no other batch that waits is sent
            return batch, error

    def _keep(self, batch: Sequence[Wanted], outcomes: "Sequence[Vector | Refused]", tally: Tally) -> None:
        taken: list[Wanted] = []
        vectors: list[Vector] = []
        for wanted, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, Refused):
                del self._in_flight[wanted.text]
                for progress, chunk in wanted.chunks:
                    progress.fail(chunk)
                    tally.skipped.append(Skipped(chunk.origin, chunk.where, outcome.reason, chunk.embed_text))
            else:
                taken.append(wanted)
                vectors.append(outcome)
                tally.embedded += 1
                tally.characters += len(wanted.embed_text)
        if taken:
            self._write(taken, vectors, tally)

    def _write(self, batch: Sequence[Wanted], vectors: "Sequence[Vector]", tally: Tally) -> None:
        """Write the points of texts that were in flight: the first of each text for its vector, the others reuse it."""
        points: list[Point] = []
        for wanted, vector in zip(batch, vectors, strict=True):
            del self._in_flight[wanted.text]
            points += [Point(chunk.id, vector, chunk.payload) for _, chunk in wanted.chunks]
        self._take(points, tally)
        tally.reused += len(points) - len(batch)

    def _upsert(self, wanted: Wanted, vector: "Vector", tally: Tally) -> None:
        self._take([Point(chunk.id, vector, chunk.payload) for _, chunk in wanted.chunks], tally)

    def _take(self, points: Sequence[Point], tally: Tally) -> None:
        self._under_way = self.store.upsert(points)
        tally.added += len(points)

    def _leave(self, batch: Sequence[Wanted], tally: Tally) -> None:
        for wanted in batch:
            self._in_flight.pop(wanted.text, None)
            tally.left += len(wanted.chunks)
            for progress, _ in wanted.chunks:
                progress.left = True


def refuse_identity(store: Store, embedder: Embedder, difference: str) -> IdentityError:
    """Make the refusal to mix two vector spaces, with the ways out."""
    return IdentityError(
        f"collection {store.collection!r} in {store.name} holds vectors that {embedder.name} does not make: "
        f"{difference}. Use the embedder that made it, or make it anew with this one: --rebuild, or fill another one: "
        f"COLLECTION_NAME={store.collection}_2"
    )
