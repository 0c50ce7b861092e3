"""How often, and for how long, a request to a server is made again."""

import logging
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from ingest.stores.failures import PASSING, Kind, explain, read_failure

Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")

TIMEOUT = 60  # seconds for one request; a batch that waits for a busy server takes several
PATIENCE = 300.0  # seconds of waiting for one request: a server restarts, or moves to another node, in less
FIRST, LONGEST = 0.5, 30.0  # seconds of a wait without the server's word; doubled each time, with jitter
SHORTEST = 0.5  # seconds of any wait, so that "Retry-After: 0" comes to an end
TRIES = 3  # before any answer from the host: a wrong address should be told in seconds

log = logging.getLogger("ingest")


class Patience:
    """Makes requests until they succeed or there is no point in going on.

    longest: seconds of waiting for one request. Time is added up from waits and time-outs, without a look at the clock.
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
        self._answered = False

    def ask(self, request: Callable[Asked, Answer], *args: Asked.args, **kwargs: Asked.kwargs) -> Answer:
        """Make a request. Raises the StoreError, or CredentialError, that its last failure means."""
        spent, backoff, tries = 0.0, FIRST, 0
        while True:
            try:
                answer = request(*args, **kwargs)
            except Exception as error:
                failure = read_failure(error)
                if failure is None:
                    raise
                tries += 1
                spent += TIMEOUT if failure.kind is Kind.SLOW else 0
                self._answered |= failure.kind is not Kind.UNREACHED
                wait = backoff * (1 + self._draw()) / 2 if failure.retry_after is None else failure.retry_after
                wait = max(wait, SHORTEST)
                hopeless = not self._answered and tries >= TRIES
                if failure.kind not in PASSING or hopeless or spent + wait > self._longest:
                    raise explain(failure, self._host, self._collection) from error
                level = logging.INFO if tries < TRIES else logging.WARNING
                log.log(level, "%s: %s; trying again in %.1f s", self._host, failure.words, wait)
                self._sleep(wait)
                spent += wait
                backoff = min(2 * backoff, LONGEST)
            else:
                self._answered = True
                return answer

    def outlast(self, look: Callable[[], str], longest: float) -> str:
        """Look until there is nothing left to wait for, "", or for so many seconds; give what there was at last."""
        spent, wait = 0.0, FIRST
        while (state := self.ask(look)) and spent < longest:
            self._sleep(wait)
            spent += wait
            wait = min(2 * wait, LONGEST)
        return state

    def about(self, collection: str) -> "Patience":
        """Give the same patience with another collection of the host."""
        return Patience(self._host, collection, self._sleep, self._draw, longest=self._longest)
