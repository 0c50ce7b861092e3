"""What a source lists beside what is stored of its dataset, and what of both falls to a share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingest.guard import Guard
from ingest.model import File
from ingest.protocols import Source, Store
from ingest.share import Share


@dataclass(frozen=True, slots=True)
class Stock:
    """One dataset, before a run.

    listed: the files of the source. stored: points of each origin.
    files, counts: of these, what falls to the share. gone: origins of it that the source lists no more, in order.
    """

    dataset: str
    share: Share
    listed: Sequence[File]
    stored: Mapping[str, int]
    files: Sequence[File]
    counts: Mapping[str, int]
    gone: Sequence[str]

    @property
    def lost(self) -> int:
        """How many points the origins hold that are gone."""
        return sum(self.counts[origin] for origin in self.gone)

    def check_gone(self, guard: Guard) -> None:
        """Raise GuardError where too much left the source.

        That is judged of the whole dataset, which each share sees: so all refuse what a run of the whole would, and a
        share of few files may lose them all. What other shares have deleted already makes neither of it more.
        """
        gone = self.stored.keys() - {file.origin for file in self.listed}
        guard.check(
            self.dataset,
            before=sum(self.stored.values()),
            lost=sum(self.stored[origin] for origin in gone),
            after=len(self.listed),
            nothing_remains=len(gone) == len(self.stored),
        )

    def check_losses(self, guard: Guard, *, lost: int, after: int) -> None:
        """Raise GuardError where what is planned would delete too much. lost, after: points of the share.

        A share can't know what the files of others shrink by. It is judged by its own alone, beside what it holds or,
        where that is more, an equal part of the dataset: one file of a small share is not half of everything.
        """
        total, own = sum(self.stored.values()), sum(self.counts.values())
        if self.share.is_whole:
            everything = len(self.gone) == len(self.counts)
            guard.check(self.dataset, before=total, lost=lost, after=after, nothing_remains=everything)
            return
        guard.check(
            self.dataset,
            kind=f"share {self.share} of dataset",
            before=max(own, total // self.share.of),
            lost=lost - self.lost,
            after=after + total - own,
            nothing_remains=False,
        )


def take_stock(source: Source, store: Store, share: Share) -> Stock:
    """List and count. Raises SourceError where there is nothing to list at all."""
    listed, stored = source.files(), store.count_origins(source.dataset)
    files = [file for file in listed if share.owns(file.origin)]
    counts = {origin: count for origin, count in stored.items() if share.owns(origin)}
    gone = sorted(counts.keys() - {file.origin for file in files})
    return Stock(source.dataset, share, listed, stored, files, counts, gone)
