"""How many requests a service takes in a second, learned from those that it turns away."""

import math
from collections import deque
from dataclasses import dataclass

# Seconds in which requests may come together that were due one after another: what was missed by waiting, or by a
# thread that woke late, is made up for. Less than the second that most limits are counted by, so that some is left.
CATCH_UP = 0.75
LEAST = 1.0  # seconds that a limit is counted by, at least: what a service took at once, it takes in a second
MARGIN = 0.97  # of what was measured, so that a service whose clock is not ours still keeps up
# The rate grows by a share with each request that waited for it and was taken: KNOWN divided by the requests that it is
# known from, at least GROWTH, which turns away about one request in 200; twice as fast after each ROUND undisturbed.
KNOWN, GROWTH, ROUND = 0.03, 0.0005, 100
LATELY = 0.85  # of the rate that a service kept up with to the end: it gives no less, whatever it gave on average
REST = 1.0  # seconds without a request after which the service may take several at once again
SEEN = 256  # requests that a guess looks back on


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request: when it was sent, which one it is, and whether it had to wait for the rate."""

    at: float
    number: int
    paced: bool


class Rate:
    """When the next request may be sent, by what the service was seen to take; nothing waits before it turned one away.

    The first time it is guessed: what went out lately is what may go out until the service is asked again. From then on
    it is measured: between two times that the service had nothing more to give, it took what it gives. That is exact
    for one that lets a number pass in each window, and for one whose bucket fills steadily, of any size.
    Times are in seconds of one clock. Not for several threads without a lock.
    """

    def __init__(self) -> None:
        self._spacing = 0.0  # seconds from one request to the next; 0 where no limit is known
        self._due = -math.inf
        self._catch_up = CATCH_UP
        self._growth = GROWTH
        self._number = 0
        self._sent: deque[float] = deque(maxlen=SEEN)  # when, since the start, or the last rest
        self._empty: Ticket | None = None  # the last that was turned away, None before the first and after a rest
        self._turned_away = 0  # since then
        self._kept_up = 0  # paced requests that were taken since then

    @property
    def due(self) -> float:
        """When the next request may be sent; minus infinity where no limit is known."""
        return self._due if self._spacing else -math.inf

    def take(self, now: float, *, rested: float) -> Ticket:
        """Note a request that is sent. rested: seconds for which no request was, though one could have been."""
        if rested > REST:
            self._empty = None
            self._sent.clear()
        self._number += 1
        self._sent.append(now)
        paced = now - self._due < self._spacing
        self._due = max(self._due, now - self._catch_up) + self._spacing
        return Ticket(now, self._number, paced)

    def keep_up(self, ticket: Ticket) -> None:
        """Note that a request was taken."""
        if ticket.paced and self._spacing:
            self._spacing /= 1 + self._growth * 2.0 ** min(self._kept_up // ROUND, 6)
            self._kept_up += 1

    def slow_down(self, ticket: Ticket, *, wait: float, again: bool) -> None:
        """Learn from a request that was turned away.

        wait: seconds after which the service is asked again.
        again: for what another request was turned away for already; that tells nothing more.
        """
        if self._empty and ticket.number <= self._empty.number:
            return
        self._turned_away += 1
        if again:
            return
        if self._empty:
            taken = ticket.number - self._empty.number - self._turned_away
            if taken <= 0:  # it still has nothing to give: how much it gives, the next that is taken helps to tell
                return
            rate = MARGIN * min(1 / self._spacing, (taken + 0.5) / max(ticket.at - self._empty.at, 0.001))
            if self._kept_up >= ROUND // 5 and rate < (least := LATELY / self._spacing):
                rate, taken = least, self._kept_up  # it was slow for long, and then it was not
            self._catch_up /= 2
        else:
            rate, taken = self._guess(ticket, wait)
        self._growth = max(GROWTH, KNOWN / taken)
        self._spacing = 1 / rate
        self._due = ticket.at + self._spacing
        self._empty = ticket
        self._turned_away = 0
        self._kept_up = 0

    def _guess(self, ticket: Ticket, wait: float) -> tuple[float, int]:
        """Give the requests a second up to the next, counted from wherever that makes the most of them; and them."""
        sent = [at for at in self._sent if at <= ticket.at]
        return max(
            ((len(sent) - index) / (ticket.at - at + max(wait, LEAST)), len(sent) - index)
            for index, at in enumerate(sent)
        )
