"""Since when a service does not answer as it should, how long that is waited out, and when it is the end."""

import logging
import math
from collections.abc import Callable

from ingest.deadline import LEAST
from ingest.errors import EmbeddingError, UnavailableError

log = logging.getLogger("ingest")

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0  # seconds that back-off reaches at most: the first time, and ever
# Seconds that a service may take to come up: an endpoint scaled to zero gets a machine, pulls its image and loads its
# model, which takes minutes (https://huggingface.co/docs/inference-endpoints/guides/autoscaling).
COLD_START = 900.0
TRIES_UNMET = 3  # of a host that has never answered


class Outage:
    """The failures since the last success. Not for several threads without a lock, but for `tell`.

    max_wait: seconds since the last success, or the first failure after it, at which the service has failed for good.
    One that may be starting is waited for COLD_START, if that is longer, until its first success.
    random: gives numbers in [0, 1).
    met: whether the host has ever answered. succeeded: when it did last as it should; minus infinity for never.
    Times are in seconds of one clock.
    """

    def __init__(self, service: str, *, max_wait: float, random: Callable[[], float]) -> None:
        self.met = False
        self.succeeded = -math.inf
        self._service = service
        self._max_wait = max_wait
        self._random = random
        self._since: float | None = None  # when the first request that failed was sent
        self._strikes = 0  # waits since the last success
        self._awaited = False  # whether it was said that the service is starting
        self._planned = -math.inf  # up to here, planned waiting is already taken out

    def begin(self, at: float) -> None:
        """Note a failure. at: when that request was sent."""
        if self._since is None:
            self._since = at

    def strike(self) -> None:
        """Note a failure that is waited for, and no part of one before."""
        self._strikes += 1

    def end(self, now: float) -> None:
        """Note a success."""
        self._strikes = 0
        self._since = None
        self.succeeded = now

    def leave_out(self, start: float, end: float) -> None:
        """Take planned waiting out of the time that the service is given to recover."""
        planned = end - max(start, self._planned)
        if planned > 0:
            self._planned = end
            if self._since is not None:
                self._since += planned

    def find_limit(self, now: float) -> float:
        """Give the seconds that a request may take which is sent now: no longer than the service is waited for."""
        patience = COLD_START if self._awaited and math.isinf(self.succeeded) else 0.0
        return max(LEAST, self._count_left(max(self._max_wait, patience), now))

    def find_end(self, error: UnavailableError, now: float) -> EmbeddingError | None:
        """Make the error that ends it all, None while there is hope."""
        if error.unreachable and not self.met and self._strikes >= TRIES_UNMET:
            return EmbeddingError(f"{error}; tried {self._strikes} times: check the URL, the network and the proxy")
        patience = self._find_patience(error)
        left = self._count_left(patience, now)
        if left <= 0 and self._is_starting(error):
            return EmbeddingError(
                f"{self._service} has not come up in {patience:g} s: see whether it is running, or raise --max-wait; "
                f"it last said: {error}"
            )
        if left <= 0:
            return EmbeddingError(
                f"{self._service} has not succeeded once in {self._max_wait:g} s (--max-wait); it last said: {error}"
            )
        if (error.retry_after or 0) > left:
            return EmbeddingError(
                f"{self._service} asks to wait {error.retry_after:.0f} s, longer than --max-wait leaves "
                f"({left:.0f} s): run again later, or raise it. It said: {error}"
            )
        return None

    def choose_wait(self, error: UnavailableError, now: float) -> float:
        """Choose the seconds to wait: the service's own word where there is one, else exponential with full jitter."""
        if error.retry_after:  # 0 is no word: obeyed, it would be a storm
            return error.retry_after
        left = self._count_left(self._find_patience(error), now)
        if error.loads:  # a guess, which is asked about after a minute
            return min(error.loads, LONGEST_WAIT, left)
        most = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(self._strikes - 1, 16))
        return min(self._random() * most, left)

    def tell(self, error: UnavailableError, wait: float) -> None:
        """Log what is waited for: a service that starts once, anything else each time."""
        if not self._is_starting(error):
            log.info("%s; trying again in %.1f s", error, wait)
        elif not self._awaited:
            self._awaited = True
            if error.loads:
                log.info("%s loads the model, about %.0f s more", self._service, error.loads)
            else:
                patience = self._find_patience(error) / 60
                log.info("%s; it may be starting: waiting for it, up to %.0f minutes", error, patience)

    def _is_starting(self, error: UnavailableError) -> bool:
        return (error.starting or error.loads is not None) and math.isinf(self.succeeded)

    def _find_patience(self, error: UnavailableError) -> float:
        return max(self._max_wait, COLD_START) if self._is_starting(error) else self._max_wait

    def _count_left(self, patience: float, now: float) -> float:
        return (now if self._since is None else self._since) + patience - now
