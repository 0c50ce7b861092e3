"""What a source lists beside what is stored of its dataset, and what of both falls to a share."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ingest.baseline import find_baselines, find_bound
from ingest.entries import Entry
from ingest.guard import SMALL, Guard
from ingest.model import File
from ingest.protocols import Source, Store
from ingest.rounds import Balance, add_up
from ingest.share import Share, find_number


@dataclass(frozen=True, slots=True)
class Stock:
    """One dataset, before a run.

    listed: the files of the source. files: of these, what falls to the share; of the whole, the same sequence.
    counts: points of each stored origin that falls to it. gone: those that the source lists no more, in order.
    balances: of each share by its number, what it holds and what of that is of origins that are gone.
    bound: chunks of the dataset that count as there before, at most; None where only these balances tell.
    """

    dataset: str
    share: Share
    listed: Sequence[File]
    files: Sequence[File]
    counts: Mapping[str, int]
    gone: Sequence[str]
    balances: Mapping[int, Balance]
    bound: int | None

    @property
    def is_new(self) -> bool:
        """Whether nothing is stored of the dataset."""
        return not self.balances

    @property
    def own(self) -> Balance:
        """What the share holds, and what of it is gone."""
        return self.balances.get(self.share.number, Balance())

    def check_gone(self, guard: Guard) -> None:
        """Raise GuardError where too much left the source.

        That is judged of the whole dataset, which each share sees: so all refuse what a run of the whole would, and a
        share of few files may lose them all. What other shares have deleted already makes neither of it more.
        """
        total = add_up(self.balances.values())
        guard.check(
            self.dataset,
            before=self._bound(total.before),
            lost=total.lost,
            after=len(self.listed),
            nothing_remains=not total.after,
            stored=total.lost + total.after,
        )

    def check_losses(self, guard: Guard, planned: Mapping[int, Balance], *, lost: int) -> None:
        """Raise GuardError where too much would be lost of the whole dataset, or too much of the share.

        planned: of this share and the others, by their numbers, what is known better than by what is stored.
        lost: what this run is about to lose, in which an earlier one of the share, which died, has no part.
        """
        if not lost:
            return
        stored, total = add_up(self.balances.values()), add_up({**self.balances, **planned}.values())
        total = replace(total, before=self._bound(total.before))
        guard.check(
            self.dataset,
            kind="dataset" if self.share.is_whole else f"share {self.share}, with the others of dataset",
            before=total.before,
            lost=total.lost,
            after=total.after,
            nothing_remains=not stored.after,
            stored=total.before + stored.excess,
        )
        if not self.share.is_whole and lost != self.own.lost:
            self._check_shrinking(guard, replace(planned[self.share.number], lost=lost), total)

    def _bound(self, before: int) -> int:
        return before if self.bound is None else min(before, self.bound)

    def _check_shrinking(self, guard: Guard, planned: Balance, total: Balance) -> None:
        """Raise GuardError where the files of the share shrink so much that all would lose too much like it.

        So an accident of the whole source is refused by the first share already. It is judged beside what the share
        holds or, where that is more, an equal part of the dataset: one file of a small share is not half of everything.
        """
        gone = add_up(self.balances.values()).lost // self.share.of
        guard.check(
            self.dataset,
            kind=f"share {self.share} of dataset",
            before=max(self.own.before, total.before // self.share.of),
            lost=planned.lost - self.own.lost + gone,
            after=planned.after if self.own.before > SMALL else total.after,
            nothing_remains=False,
            meant=total.lost,
        )


def take_stock(source: Source, store: Store, share: Share, known: Entry) -> Stock:
    """List and count. known: what is recorded of the dataset. Raises SourceError where nothing is listed at all."""
    listed, stored = source.files(), store.count_origins(source.dataset)
    files, counts = listed, stored
    there = {file.origin for file in listed}
    held, lost = Counter[int](), Counter[int]()
    if not share.is_whole:
        files, counts = [file for file in listed if share.owns(file.origin)], {}
    for origin, count in stored.items():
        number = 1 if share.is_whole else find_number(origin, share.of)
        held[number] += count
        lost[number] += 0 if origin in there else count
        if counts is not stored and number == share.number:
            counts[origin] = count
    bound, baselines = find_bound(known, stored, share.of), find_baselines(known, share.of)
    if share.is_whole and bound is not None:
        baselines = {1: min(bound, baselines.get(1, bound))}
    balances = {
        number: Balance(min(count, baselines.get(number, count)), lost[number], count - lost[number])
        for number, count in held.items()
    }
    return Stock(source.dataset, share, listed, files, counts, sorted(counts.keys() - there), balances, bound)
