"""What happened, countable: one tally per dataset, and the report of a whole run."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby

from ingest.entries import read_skipped
from ingest.errors import (
    EmbeddingError,
    GuardError,
    IngestError,
    Interrupted,
    ItemsSkipped,
    SourceError,
    StoreError,
    Terminated,
    UsageError,
)
from ingest.estimate import Estimate, read_rate
from ingest.model import Chunk, Ignored, Json, Noted, Skipped, canonical, digest_text

# If several apply, the first of these.
PRECEDENCE = (Interrupted, Terminated, UsageError, StoreError, EmbeddingError, SourceError, GuardError, ItemsSkipped)
KNOWN = 10_000  # skipped items that the next run knows again
COUNTS = ("added", "refreshed", "unchanged", "deleted", "kept", "embedded", "cached", "reused")
RATED = 100  # texts; what fewer of them took tells little of how fast a service is


@dataclass(frozen=True, slots=True)
class Origins:
    """How many files of a dataset are new to the collection, read again, no longer listed, and left as they are.

    changed: their bytes, or how they are read or cut, are not what the collection holds.
    """

    added: int = 0
    changed: int = 0
    gone: int = 0
    unchanged: int = 0


@dataclass(slots=True)
class Tally:
    """What happened to one dataset so far.

    added, refreshed, unchanged, deleted, kept: points. kept: stored, no longer wanted, and not deleted, since what
    might replace them failed. embedded, cached: texts whose vector the service gave, and a cache. reused: the other
    points that were added, whose vector the collection had.
    characters: of the texts embedded, without what a model wants before them. asking: seconds that they took.
    rate: texts a second that the service gave last, as it was recorded; None where it wasn't.
    measured: chunks that were cut, of origins that were read. longest: the size of the largest, in the chunker's unit.
    left: texts that were not embedded, because the service failed or `--limit` was reached.
    noted: what was read otherwise than it stands in a file that changed; no failure.
    known: names of the items that the last run skipped. notes: sentences for a person.
    """

    dataset: str
    added: int = 0
    refreshed: int = 0
    unchanged: int = 0
    deleted: int = 0
    kept: int = 0
    embedded: int = 0
    cached: int = 0
    characters: int = 0
    asking: float = 0.0
    rate: float | None = None
    reused: int = 0
    measured: int = 0
    longest: int = 0
    left: int = 0
    files: int = 0
    files_done: int = 0
    origins: Origins = Origins()
    ignored: list[Ignored] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    noted: list[Noted] = field(default_factory=list)
    known: frozenset[str] = frozenset()
    notes: list[str] = field(default_factory=list)
    error: IngestError | None = None

    def count(self) -> dict[str, Json]:
        """Give the counts alone, as the collection records them, and the rate, which the next dry run wants."""
        rate = self.measure_rate()
        return self.list_counts() | ({} if rate is None else {"rate": rate})

    def list_counts(self) -> dict[str, Json]:
        """Give the counts of points, texts and characters by their names."""
        return {name: getattr(self, name) for name in (*COUNTS, "characters")}

    def hold(self) -> int:
        """Count the points that there are once all is done."""
        return self.unchanged + self.refreshed + self.added + self.kept

    def measure_rate(self) -> float | None:
        """Give the texts a second that the service gave: now, where they were enough to tell, else as recorded."""
        return round(self.embedded / self.asking, 3) if self.embedded >= RATED and self.asking else self.rate

    def measure(self, chunk: Chunk) -> None:
        """Take note of the size of a chunk."""
        self.measured += 1
        self.longest = max(self.longest, chunk.size)

    def knows(self, item: Skipped) -> bool:
        """Say whether the last run skipped the same item."""
        return name_skipped(item) in self.known

    def recognise(self, recorded: Mapping[str, Json]) -> None:
        """Read from what was recorded of the dataset which items the last run skipped, and how fast its service was."""
        self.rate = read_rate(recorded)
        self.known = frozenset(name for names in read_skipped(recorded).values() for name in names)

    def list_skipped(self) -> Mapping[str, Sequence[str]]:
        """Name the skipped items of each origin, as it is recorded with the dataset."""
        names = sorted({(item.origin, name_skipped(item)) for item in self.skipped})[:KNOWN]
        origins = groupby(names, key=lambda pair: pair[0])
        return {origin: [name for _, name in pairs] for origin, pairs in origins}


def name_skipped(item: Skipped) -> str:
    """Name a skipped item in 16 characters, so that the next run knows it again: a refused text wherever it stands."""
    words = [item.origin, item.text] if item.text else [item.origin, item.where, item.reason]
    return digest_text(canonical(words))[:16]


def choose_failure(errors: Sequence[IngestError]) -> IngestError | None:
    """Choose of several errors the one that decides the exit code; None where there is none."""
    for kind in PRECEDENCE:
        for error in errors:
            if isinstance(error, kind):
                return error
    return errors[0] if errors else None


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did.

    seconds: wall time. cached: texts whose vectors a cache held. notes: sentences for a person.
    estimate: of a dry run, whose numbers are those of the run that would follow; None for a run.
    """

    datasets: Sequence[Tally]
    requests: int
    retries: int
    seconds: float
    cached: int = 0
    notes: Sequence[str] = ()
    estimate: Estimate | None = None

    @property
    def failure(self) -> IngestError | None:
        """The error whose exit code the run ends with; None where the collection equals the sources."""
        errors = [tally.error for tally in self.datasets if tally.error]
        skipped = sum(len(tally.skipped) for tally in self.datasets)
        if skipped:
            errors.append(ItemsSkipped(f"{skipped} items were skipped"))
        return choose_failure(errors)

    @property
    def exit_code(self) -> int:
        """0 where the collection equals the sources, else that of the failure."""
        return self.failure.exit_code if self.failure else 0

    @property
    def wrote(self) -> bool:
        """Whether points were written or deleted."""
        return any(self.total(name) for name in ("added", "refreshed", "deleted"))

    def total(self, name: str) -> int:
        """Add up one count over all datasets."""
        return sum(getattr(tally, name) for tally in self.datasets)

    def add_origins(self) -> Origins:
        """Add up the files of all datasets."""
        each = [tally.origins for tally in self.datasets]
        return Origins(*(sum(getattr(origins, name) for origins in each) for name in Origins.__slots__))

    def as_json(self) -> Mapping[str, Json]:
        """Give the whole report as one JSON object."""
        return {
            "exit_code": self.exit_code,
            **{name: self.total(name) for name in (*COUNTS, "characters")},
            "origins": asdict(self.add_origins()),
            "requests": self.requests,
            "retries": self.retries,
            "seconds": round(self.seconds, 3),
            **({"estimate": asdict(self.estimate)} if self.estimate else {}),
            "notes": list(self.notes),
            "datasets": [
                {
                    "dataset": tally.dataset,
                    **tally.list_counts(),
                    "origins": asdict(tally.origins),
                    "measured": tally.measured,
                    "longest": tally.longest,
                    "left": tally.left,
                    "ignored": [asdict(item) for item in tally.ignored],
                    "skipped": [{**asdict(item), "as_before": tally.knows(item)} for item in tally.skipped],
                    "noted": [asdict(item) for item in tally.noted],
                    "error": str(tally.error) if tally.error else None,
                }
                for tally in self.datasets
            ],
        }
