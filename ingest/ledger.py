"""What a run records of its dataset, or of its share of one, from before its first point to its end."""

import platform
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingest.clock import tell_moment, tell_time
from ingest.entries import BASELINE, BEGAN, CUT, ENDED, FORMER, ROUND, Entry, find_former, narrow
from ingest.errors import GuardError, UsageError
from ingest.guard import EVERYTHING, Guard
from ingest.model import Json, canonical
from ingest.rounds import Balance, Turn, choose_round, find_balances, find_planned
from ingest.stock import Stock

if TYPE_CHECKING:
    from ingest.protocols import Source, Store


@dataclass(slots=True)
class Ledger:
    """The record of one run.

    known: what was recorded of the dataset. entry: what is recorded of the share. turn: what that holds and loses.
    former: how the dataset, or some of it, is cut otherwise than by this run; None where it isn't.
    """

    store: "Store"
    stock: Stock
    known: Entry
    entry: dict[str, Json]
    former: Json
    turn: Turn

    def write(self) -> None:
        """Record it as it stands."""
        if not self.stock.share.is_whole:
            self.entry[ROUND] = self.turn.as_json()
        self.store.record(self.stock.dataset, self.entry, self.stock.share)

    def check_losses(self, guard: Guard, *, lost: int, after: int) -> None:
        """Raise GuardError where what is planned would delete too much. lost, after: points of the share."""
        share = self.stock.share
        died = find_planned(self.known, share, self.turn.number)
        planned = {share.number: Balance(self.turn.balance.before, max(lost, died.lost), after)}
        if lost and not share.is_whole:
            self.turn = replace(self.turn, balance=planned[share.number])
            self.write()
            planned |= find_balances(self._read(), share, self.turn.number)
        try:
            self.stock.check_losses(guard, planned, lost=lost)
        except GuardError:
            self._withdraw()
            raise

    def settle(self, guard: Guard, *, lost: int, kept: int, after: int) -> None:
        """Count from now on what the runs have written that came to no end, and this one, which was allowed.

        lost: points that it deletes; kept: that it leaves and the next may delete; after: all that it leaves. The next
        write records it, once all is deleted. Where it is doubtful, what was recorded stays, see `baseline`.
        """
        if not kept:
            self.entry.pop(BASELINE, None)
        elif guard.limit == EVERYTHING or lost + kept <= guard.allow(self.stock.own.before):
            self.entry[BASELINE] = max(self.stock.own.before, after - kept)

    def close(self, last_run: Mapping[str, Json] | None) -> None:
        """Record that the run has come to its end. last_run: what it counted, where it was complete.

        Raises UsageError where another share has cut the dataset otherwise, since this one began.
        """
        share = self.stock.share
        if self.entry.get(FORMER) is not None and not share.is_whole:
            self.write()  # says that the dataset is cut anew, where nothing had to be written before
        self.entry.pop(FORMER, None)
        if last_run:
            self.entry["last_run"] = {"finished": tell_time(), **last_run}
            self.entry |= {} if share.is_whole else {ENDED: tell_moment()}
        self.turn = replace(self.turn, is_open=False)
        self.write()
        cut = None if share.is_whole else self._read().get(CUT)
        if cut not in (None, self.entry[CUT]):
            raise UsageError(
                f"{self.stock.dataset}: another share cuts it otherwise, {canonical(cut)}: give all shares the same "
                "--chunk-size and --chunk-overlap, and run this one again"
            )

    def _withdraw(self) -> None:
        """Record that nothing is lost. Of the whole that is what was known: it changes with a run that was allowed."""
        if not self.stock.share.is_whole:
            before = self.turn.balance.before
            self.turn = replace(self.turn, balance=Balance(before, 0, before))
            self.write()
        elif self.known:
            recut = {} if self.former is None else {CUT: self.former, FORMER: self.entry[CUT]}
            self.store.record(self.stock.dataset, {**self.known, BASELINE: self.stock.own.before, **recut})

    def _read(self) -> Entry:
        """Read what is recorded of the dataset by now."""
        described = self.store.describe()
        return described.datasets.get(self.stock.dataset, {}) if described else {}


def open_ledger(
    source: "Source", store: "Store", stock: Stock, known: Entry, cut: Mapping[str, Json], *, deletes: bool
) -> Ledger:
    """Begin the record of a run. known: what is recorded of the dataset. cut: how it is cut now."""
    share, recorded = stock.share, narrow(known, stock.share)
    former = find_former(known, share, cut)
    number, held = choose_round(known, share), stock.own
    if not deletes:
        held = replace(held, lost=0, after=held.lost + held.after)
    died = find_planned(known, share, number)
    held = replace(held, before=max(held.before, died.before), lost=max(held.lost, died.lost)) if died.lost else held
    turn = Turn(number, True, held)  # noqa: FBT003 - the fields in their order
    entry: dict[str, Json] = {
        "path": source.location,
        "host": platform.node(),
        CUT: cut,
        "reading": source.reading,
        **({} if former is None else {FORMER: former}),
        **{name: value for name, value in recorded.items() if name in ("columns", "last_run", "skipped", ENDED)},
        **({BASELINE: stock.own.before} if stock.own.before else {}),
        **({} if share.is_whole else {BEGAN: tell_moment(), ROUND: turn.as_json()}),
    }
    return Ledger(store, stock, known, entry, former, turn)
