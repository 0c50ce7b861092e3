"""What a source wants beside what the store has: origins that changed, chunks that are missing."""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from ingest.chunks import make_chunks, mark
from ingest.clock import tell_time
from ingest.cutter import MOST, Cutter, Item
from ingest.ids import Ids
from ingest.model import (
    Chunk,
    Columns,
    Document,
    File,
    Ignored,
    Json,
    Noted,
    Payload,
    Skipped,
    canonical,
    digest,
    name_state,
)
from ingest.protocols import Chunker, Source, Store
from ingest.refusal import explain_refusal
from ingest.report import Origins, Tally
from ingest.roles import Roles
from ingest.unclaimed import Unclaimed

ORIGINS = 64  # origins whose stored points are listed in one call
POINTS = 2_000  # ... or fewer, once they have this many points between them
CONTENT = 16 * 2**20  # ... or hold this many bytes
REFRESH = 256  # payloads that are overwritten in one call


@dataclass(slots=True)
class Progress:
    """An origin that changed, and how far it has come.

    before: points that were stored. wanted: chunks that it says now. whole: it was read to the end.
    columns: those of its sheets. refused: it lost one of them, and is not read. left: a text of it was not embedded.
    failed: chunks that the service refused. stale: stored, not wanted.
    marked: its points are written with their state.
    """

    file: File
    content: str
    settings: str
    before: int
    wanted: int = 0
    whole: bool = True
    columns: Columns | None = None
    refused: bool = False
    left: bool = False
    failed: list[Chunk] | tuple[()] = ()
    stale: Ids | tuple[()] = ()
    marked: bool = False

    @property
    def state(self) -> str | None:
        """The state to mark its points with; None while it is not what the source says."""
        if not self.wanted or not self.whole or self.left or self.failed:
            return None
        return name_state(self.file.origin, self.content, self.settings, self.wanted)

    def fail(self, chunk: Chunk) -> None:
        """Note a chunk that the service refused."""
        self.failed = self.failed or []
        self.failed.append(chunk)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One dataset under comparison. Its generators are lazy, so that memory does not grow with the source.

    moment: when it is written, ISO 8601: one for all that a run writes of it.
    """

    source: Source
    chunker: Chunker
    store: Store
    tally: Tally
    roles: Roles = field(default_factory=Roles)
    moment: str = field(default_factory=tell_time)

    @property
    def settings(self) -> str:
        """What decides, besides a file's bytes, what its chunks are: the tokenizer that cuts now, not the recorded."""
        chunking, window = self.chunker.settings, self.chunker.window
        if window and window.digest and "tokenizer" in chunking:
            chunking = {**chunking, "tokenizer": window.digest}
        return self._name_settings(chunking)

    def _name_settings(self, chunking: Mapping[str, Json]) -> str:
        settings: Mapping[str, Json] = {"chunking": chunking, "reading": self.source.reading}
        return canonical(settings)

    def find_changed(self, files: Sequence[File], counts: Mapping[str, int]) -> Iterator[tuple[Progress, bytes]]:
        """Yield the origins whose stored points are not all in the state that their bytes have now.

        What the recorded tokenizer cut stays while another one is at hand; what another cut is cut again by that one.
        """
        states = self.store.count_states(self.source.dataset) if counts else {}
        now = self.settings
        accepted = {now, self._name_settings(self.chunker.settings)}
        for file in files:
            before = counts.get(file.origin, 0)
            try:
                content = Path(file.path).read_bytes()
            except OSError as error:
                self.tally.skipped.append(Skipped(file.origin, "", explain_refusal(error)))
                self.tally.kept += before
                self.tally.files_done += 1
                continue
            progress = Progress(file, digest(content), now, before)
            names = [name_state(file.origin, progress.content, settings, before) for settings in accepted]
            if before and any(states.get(name) == before for name in names):
                self.tally.unchanged += before
                self.tally.files_done += 1
            else:
                yield progress, content

    def strike_off(self, changed: Iterable[tuple[Progress, bytes]]) -> Generator[tuple[Progress, Chunk], None, None]:
        """Yield the chunks that are missing; refresh payloads that drifted; leave in `stale` what is not wanted.

        Processes may be at work for it until it has ended or is closed.
        """
        drifted: dict[str, Payload] = {}
        with closing(Cutter(self.source, self.chunker).cut_ahead(_batch(changed))) as ahead:
            for batch, cut in ahead:
                origins = {progress.file.origin: Unclaimed() for progress, _ in batch}
                stored = [progress.file.origin for progress, _ in batch if progress.before]
                for point in self.store.list_points(self.source.dataset, stored) if stored else ():
                    origins[point.origin].put(point)
                for (progress, content), items in zip(batch, cut, strict=True):
                    unclaimed = origins.pop(progress.file.origin)
                    chunks = self._read(progress, content, items)
                    if not progress.before:
                        chunks = self._mark(progress, chunks)
                    yield from self._strike_off(progress, chunks, unclaimed, drifted)
                    progress.stale = unclaimed.list_left() or ()
                    self.tally.files_done += 1
        self._refresh(drifted)

    def _mark(self, progress: Progress, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        """Yield the chunks of a new origin with the state that they are in once all are written.

        That takes no further write, and what is written before a run dies is not read again. The points of a larger
        one, and of one whose columns are to be recorded first, are marked when all is written.
        """
        first = list(islice(chunks, 1))
        if not progress.columns:  # known once the first is read
            first += islice(chunks, MOST)
        if len(first) <= MOST and not progress.columns and (state := progress.state):
            progress.marked = True
            for chunk in first:
                mark(chunk, state, self.moment)
        yield from first
        yield from chunks

    def _strike_off(
        self, progress: Progress, chunks: Iterable[Chunk], unclaimed: Unclaimed, drifted: dict[str, Payload]
    ) -> Iterator[tuple[Progress, Chunk]]:
        for chunk in chunks:
            same = unclaimed.take(chunk.id, chunk.fingerprint)
            if same is None:
                yield progress, chunk
            elif same:
                self.tally.unchanged += 1
            else:
                drifted[chunk.id] = chunk.payload
                if len(drifted) >= REFRESH:
                    self._refresh(drifted)

    def _read(self, progress: Progress, content: bytes, cut: Iterable[Item] | None = None) -> Iterator[Chunk]:
        """Yield the chunks of an origin. cut: what it holds, where that is at hand."""
        if cut is None:
            records = self._check_columns(progress, self.source.parse(progress.file, content))
            cut = make_chunks(self.source.dataset, records, self.chunker)
        for item in cut:
            if isinstance(item, Skipped):
                progress.whole = False
                self.tally.skipped.append(item)
            elif isinstance(item, Ignored):
                self.tally.ignored.append(item)
            elif isinstance(item, Noted):
                self.tally.noted.append(item)
            else:
                progress.wanted += 1
                self.tally.measure(item)
                yield item
        if not progress.refused:
            self.roles.note(progress.columns or Columns(progress.file.origin, {}, {}), whole=progress.whole)

    def _check_columns(
        self, progress: Progress, records: Iterable[Columns | Document | Skipped | Ignored | Noted]
    ) -> Iterator[Document | Skipped | Ignored | Noted]:
        """Pass on what a file holds, and nothing of it where a role lost its column."""
        for record in records:
            if not isinstance(record, Columns):
                yield record
            elif self.roles.check(record):
                progress.columns = record
            else:
                progress.whole, progress.refused = False, True
                return

    def _refresh(self, drifted: dict[str, Payload]) -> None:
        if drifted:
            self.store.overwrite(drifted)
            self.tally.refreshed += len(drifted)
            drifted.clear()


def count_origins(files: Sequence[File], gone: Sequence[str], changed: Sequence[Progress]) -> Origins:
    """Count the files of a dataset by what becomes of them; one with nothing to index, then and now, is unchanged."""
    added = sum(not progress.before and progress.wanted > 0 for progress in changed)
    read_again = sum(progress.before > 0 for progress in changed)
    return Origins(added, read_again, len(gone), len(files) - added - read_again)


def _batch(changed: Iterable[tuple[Progress, bytes]]) -> Iterator[list[tuple[Progress, bytes]]]:
    batch: list[tuple[Progress, bytes]] = []
    points = size = 0
    for progress, content in changed:
        batch.append((progress, content))
        points += progress.before
        size += len(content)
        if len(batch) >= ORIGINS or points >= POINTS or size >= CONTENT:
            yield batch
            batch, points, size = [], 0, 0
    if batch:
        yield batch
