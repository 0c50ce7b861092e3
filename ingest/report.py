"""What happened, countable: one tally per dataset, and the report of a whole run."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

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
from ingest.model import Ignored, Json, Skipped

# If several apply, the first of these.
PRECEDENCE = (Interrupted, Terminated, UsageError, StoreError, EmbeddingError, SourceError, GuardError, ItemsSkipped)
COUNTS = ("added", "refreshed", "unchanged", "deleted", "kept", "embedded", "reused")


@dataclass(slots=True)
class Tally:
    """What happened to one dataset so far.

    added, refreshed, unchanged, deleted, kept: points. kept: stored, no longer wanted, and not deleted, since what
    might replace them failed. embedded, reused: texts sent to the service, and points whose vector was at hand.
    characters: of the texts embedded, without what a model wants before them.
    left: texts that were not embedded, because the service failed or `--limit` was reached.
    """

    dataset: str
    added: int = 0
    refreshed: int = 0
    unchanged: int = 0
    deleted: int = 0
    kept: int = 0
    embedded: int = 0
    characters: int = 0
    reused: int = 0
    left: int = 0
    files: int = 0
    files_done: int = 0
    ignored: list[Ignored] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    error: IngestError | None = None

    def count(self) -> dict[str, int]:
        """Give the counts alone, as the collection records them."""
        return {name: getattr(self, name) for name in COUNTS}


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did.

    seconds: wall time. cached: of the texts embedded, those whose vectors a cache held. notes: sentences for a person.
    """

    datasets: Sequence[Tally]
    requests: int
    retries: int
    seconds: float
    cached: int = 0
    notes: Sequence[str] = ()

    @property
    def failure(self) -> IngestError | None:
        """The error whose exit code the run ends with; None where the collection equals the sources."""
        errors = [tally.error for tally in self.datasets if tally.error]
        skipped = sum(len(tally.skipped) for tally in self.datasets)
        if skipped:
            errors.append(ItemsSkipped(f"{skipped} items were skipped"))
        for kind in PRECEDENCE:
            for error in errors:
                if isinstance(error, kind):
                    return error
        return errors[0] if errors else None

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

    def as_json(self) -> Mapping[str, Json]:
        """Give the whole report as one JSON object."""
        return {
            "exit_code": self.exit_code,
            **{name: self.total(name) for name in COUNTS},
            "requests": self.requests,
            "retries": self.retries,
            "cached": self.cached,
            "seconds": round(self.seconds, 3),
            "notes": list(self.notes),
            "datasets": [
                {
                    "dataset": tally.dataset,
                    **tally.count(),
                    "left": tally.left,
                    "ignored": [asdict(item) for item in tally.ignored],
                    "skipped": [asdict(item) for item in tally.skipped],
                    "error": str(tally.error) if tally.error else None,
                }
                for tally in self.datasets
            ],
        }
