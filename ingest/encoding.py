"""From missing chunks to written points: reuse what is there, embed the rest in batches, write as vectors come."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.batching import batched
from ingest.comparison import Progress
from ingest.concurrency import map_unordered
from ingest.errors import EmbeddingError, IdentityError, IngestError, UsageError
from ingest.identity import CANARIES, differ, diverge
from ingest.model import Chunk, Collection, Json, Point, Refused, Skipped
from ingest.protocols import Embedder, Store
from ingest.report import Tally

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
    failure: set once the service has failed for good; what is missing from then on is left, and the rest goes on.
    """

    embedder: Embedder
    store: Store
    described: Collection | None
    version: str
    batch_size: int
    concurrency: int
    limit: int | None
    lender: Store | None = None
    failure: IngestError | None = None
    _met: bool = False
    _recorded: set[str] = field(default_factory=set)
    _in_flight: dict[str, Wanted] = field(default_factory=dict)

    def write(
        self, missing: Iterable[tuple[Progress, Chunk]], tally: Tally, entry: Mapping[str, Json]
    ) -> Iterator[None]:
        """Embed and write what is missing, a batch at each step, as the vectors come.

        entry: recorded with the dataset before its first batch is sent.
        """
        batches = self._batch(missing, tally, entry)
        for batch, outcomes in map_unordered(self._ask, batches, workers=self.concurrency):
            if isinstance(outcomes, IngestError):
                self._leave(batch, tally)
            else:
                self._keep(batch, outcomes, tally)
            yield

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
        elif difference := differ(self.described.identity, identity) or diverge(self.described.canaries, measured):
            raise refuse_identity(self.store, self.embedder, difference)
        self._met = True

    def _batch(
        self, missing: Iterable[tuple[Progress, Chunk]], tally: Tally, entry: Mapping[str, Json]
    ) -> Iterator[list[Wanted]]:
        """Give batches of texts of like length: who pads a batch to its longest text wastes little on it.

        What doesn't fill a batch waits for the next window, so that a window costs no request more than its texts.
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
            waiting = sorted([*waiting, *fresh.values()], key=lambda wanted: len(wanted.embed_text))
            while len(waiting) >= self.batch_size:
                batch, waiting = waiting[: self.batch_size], waiting[self.batch_size :]
                yield from self._admit(batch, tally, entry)
        yield from self._admit(waiting, tally, entry)

    def _find_vectors(self, texts: Sequence[str]) -> "dict[str, Vector]":
        found = self.store.find_vectors(texts)
        missing = [text for text in texts if text not in found]
        return found | self.lender.find_vectors(missing) if self.lender and missing else found

    def _record(self, tally: Tally, entry: Mapping[str, Json]) -> None:
        """Record a dataset before its first point: what is not recorded would be neither shown nor copied."""
        if tally.dataset not in self._recorded:
            self.store.record(tally.dataset, entry)
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
        allowed = self._allow(batch, tally, entry)
        self._leave(batch[allowed:], tally)
        if allowed:
            yield batch[:allowed]

    def _allow(self, batch: Sequence[Wanted], tally: Tally, entry: Mapping[str, Json]) -> int:
        """Say how many texts of a batch may be embedded."""
        allowed = len(batch) if self.limit is None else min(self.limit, len(batch))
        if self.failure or not allowed:
            return 0
        try:
            self.meet()
        except (EmbeddingError, UsageError) as error:
            self.failure = error
            return 0
        self._record(tally, entry)
        if self.limit is not None:
            self.limit -= allowed
        return allowed

    def _ask(self, batch: list[Wanted]) -> "tuple[list[Wanted], Sequence[Vector | Refused] | IngestError]":
        if self.failure:
            return batch, self.failure
        try:
            return batch, self.embedder.embed_each([wanted.embed_text for wanted in batch])
        except (EmbeddingError, UsageError) as error:
            self.failure = self.failure or error  # at once: no other batch that waits is sent
            return batch, error

    def _keep(self, batch: Sequence[Wanted], outcomes: "Sequence[Vector | Refused]", tally: Tally) -> None:
        points: list[Point] = []
        for wanted, outcome in zip(batch, outcomes, strict=True):
            del self._in_flight[wanted.text]
            if isinstance(outcome, Refused):
                for progress, chunk in wanted.chunks:
                    progress.failed.append(chunk)
                    tally.skipped.append(Skipped(chunk.origin, chunk.where, outcome.reason, chunk.embed_text))
            else:
                points += [Point(chunk.id, outcome, chunk.payload) for _, chunk in wanted.chunks]
                tally.embedded += 1
                tally.characters += len(wanted.embed_text)
                tally.reused += len(wanted.chunks) - 1
        if points:
            self.store.upsert(points)
            tally.added += len(points)

    def _upsert(self, wanted: Wanted, vector: "Vector", tally: Tally) -> None:
        self.store.upsert([Point(chunk.id, vector, chunk.payload) for _, chunk in wanted.chunks])
        tally.added += len(wanted.chunks)

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
        f"{difference}. Use the embedder that made it, or fill another one: COLLECTION_NAME={store.collection}_2"
    )
