"""How often, and for how long, a request to a server is made again."""

import logging
import random
import time
from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

from ingest.deadline import LEAST, run_within
from ingest.stores.failures import PASSING, Failure, Kind, explain, read_failure
from ingest.stores.gate import Gate

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")

TIMEOUT = 60  # seconds for one request; a batch that waits for a busy server takes several
SLACK = 5.0  # seconds more that an answer may take which comes in drops: the client bounds each read, not the whole
PATIENCE = 300.0  # seconds of waiting in which nothing succeeds: a server restarts, or moves to another node, in less
FIRST, LONGEST = 0.5, 30.0  # seconds of a wait without the server's word; doubled each time, with jitter
SHORTEST = 0.5  # seconds of any wait, so that "Retry-After: 0" comes to an end
SPREAD = 0.1  # of a wait by the server's word, at most, is added: others were told the same
TRIES = 3  # before any answer from the host: a wrong address should be told in seconds

log = logging.getLogger("ingest")


def choose_timeout(longest: float) -> float:
    """Choose the seconds that a request may take where so many are waited in which nothing succeeds."""
    return min(TIMEOUT, max(LEAST, longest))


class Patience:
    """Makes requests until they succeed or there is no point in going on. Safe to call from several threads.

    The wait is shared: once a request has failed, one thread at a time waits and asks again, and what the others would
    ask queues up behind it. longest: seconds of waiting in which nothing at all succeeds. Time is added up from waits
    and time-outs, without a look at the clock.
    """

    def __init__(
        self,
        host: str,
        collection: str,
        sleep: Callable[[float], None] = time.sleep,
        draw: Callable[[], float] = random.random,
        *,
        longest: float = PATIENCE,
    ) -> None:
        self._host, self._collection = host, collection
        self._sleep, self._draw, self._longest = sleep, draw, longest
        self._timeout = choose_timeout(longest)
        self._answered = False
        self._gate = Gate()
        self._made = 0  # requests that succeeded
        self._spent = 0.0  # seconds since something succeeded, by the one who has the gate

    def ask(self, request: Callable[Asked, Answer], *args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
        """Make a request, which makes none through this itself: its success would be taken for that of the whole.

        Raises the StoreError, or CredentialError, that its last failure means.
        """
        taken, tries = self._gate.enter(), 0
        try:
            while True:
                try:
                    answer = run_within(self._timeout + SLACK, partial(request, *args, **kwargs))
                except Exception as error:
                    failure = read_failure(error)
                    if failure is None:
                        raise
                    tries += 1
                    self._answered |= failure.kind is not Kind.UNREACHED
                    queued = failure.kind in PASSING and not taken and self._gate.take()
                    taken |= failure.kind in PASSING
                    if queued:  # another has waited meanwhile
                        continue
                    wait = self._find_wait(failure, tries)
                    if wait is None:
                        raise explain(failure, self._host, self._collection) from error
                    level = logging.INFO if tries < TRIES else logging.WARNING
                    log.log(level, "%s: %s; trying again in %.1f s", self._host, failure.words, wait)
                    made = self._made
                    self._sleep(wait)
                    # What began before this wait may have succeeded in it.
                    self._spent = self._spent + wait if made == self._made else 0.0
                else:
                    self._answered, self._spent = True, 0.0
                    self._made += 1
                    return answer
        finally:
            if not self._gate.leave(taken=taken):
                self._spent = 0.0  # who comes next begins anew

    def outlast(self, look: Callable[[], str], longest: float) -> str:
        """Look until there is nothing left to wait for, "", or for so many seconds; give what there was at last.

        look: asks what it asks with the same patience.
        """
        spent, wait = 0.0, FIRST
        while (state := look()) and spent < longest:
            self._sleep(wait)
            spent += wait
            wait = min(2 * wait, LONGEST)
        return state

    def _find_wait(self, failure: Failure, tries: int) -> float | None:
        """Find how long to wait after a failure; None where there is no point in it."""
        self._spent += self._timeout if failure.timed_out else 0
        if failure.kind not in PASSING or (not self._answered and tries >= TRIES):
            return None
        if failure.retry_after is None:
            backoff = min(FIRST * 2 ** min(tries - 1, 16), LONGEST)
            wait = asked = max(backoff * (1 + self._draw()) / 2, SHORTEST)
        else:
            asked = max(failure.retry_after, SHORTEST)
            wait = asked * (1 + SPREAD * self._draw())
        return wait if self._spent + asked <= self._longest else None

    def about(self, collection: str) -> "Patience":
        """Give the same patience with another collection of the host."""
        return Patience(self._host, collection, self._sleep, self._draw, longest=self._longest)
