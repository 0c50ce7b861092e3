"""What the shares of a dataset lose together, so that the guard bounds them as it bounds one run.

Each records, before it writes a point, what it holds, and before it deletes, what it is about to lose. Then it reads
what the others have recorded. Of two that do so at once, one at least sees the other. A round is one run of each
share: it has a number, which goes up by one when a share whose last run came to an end runs again. A share that was
refused or died is still in its round, so that trying again forgets nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ingest.entries import ROUND, Entry, divide
from ingest.model import Json
from ingest.share import Share


@dataclass(frozen=True, slots=True)
class Balance:
    """The points of a dataset or a share of one.

    before: what counts as there before a run, see `baseline`. lost: what is no longer there after it. after: what is.
    """

    before: int = 0
    lost: int = 0
    after: int = 0

    @property
    def excess(self) -> int:
        """The points that runs have written that came to no end."""
        return max(0, self.lost + self.after - self.before)


@dataclass(frozen=True, slots=True)
class Turn:
    """The run of a share in a round. is_open: it has not come to its end."""

    number: int
    is_open: bool
    balance: Balance

    def as_json(self) -> Json:
        """Give what is recorded."""
        balance = self.balance
        return [self.number, self.is_open, balance.before, balance.lost, balance.after]


def choose_round(entry: Entry, share: Share) -> int:
    """Choose the number of the round that a run of a share belongs to: the one under way, or the next."""
    turns = _read_turns(entry, share.of)
    own = turns.pop(share.number, None)
    least = 1 if own is None else own.number + (not own.is_open)
    return max([least, *(turn.number for turn in turns.values())])


def find_planned(entry: Entry, share: Share, number: int) -> Balance:
    """Find what a share was allowed to lose by its last run, which died in this round; nothing where none did."""
    own = _read_turns(entry, share.of).get(share.number)
    return own.balance if own and own.is_open and own.number == number else Balance()


def find_balances(entry: Entry, share: Share, number: int) -> Mapping[int, Balance]:
    """Find what other shares have recorded in this round, each by its number."""
    turns = _read_turns(entry, share.of)
    return {other: turn.balance for other, turn in turns.items() if other != share.number and turn.number >= number}


def add_up(balances: Iterable[Balance]) -> Balance:
    """Add up what parts of a dataset hold and lose."""
    each = list(balances)
    return Balance(*(sum(getattr(balance, name) for balance in each) for name in Balance.__slots__))


def _read_turns(entry: Entry, of: int) -> dict[int, Turn]:
    """Read the turns of all shares of this number."""
    turns: dict[int, Turn] = {}
    for name, record in divide(entry).items():
        match name.partition("/"), record.get(ROUND):
            case (number, "/", each), [int(turn), bool(is_open), int(before), int(lost), int(after)] if each == str(of):
                turns[int(number)] = Turn(turn, is_open, Balance(before, lost, after))
    return turns
