"""When a request may be made, and when to try again: one gate that all threads pass."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from ingest.embedders.checks import DamagedError
from ingest.errors import EmbeddingError, IngestError, RefusedError, UnavailableError

log = logging.getLogger("ingest")
Result = TypeVar("Result")

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0  # seconds that back-off reaches at most: the first time, and ever
TRIES_UNMET = 3  # of a host that has never answered
TRIES_SLOW = 2  # of several texts, before fewer are sent
TRIES_ALONE = 3  # of one text, before the text is blamed for what the service does with it alone


class Clock(Protocol):
    """Time as pacing needs it; the module `time` is one."""

    def monotonic(self) -> float: ...
    def sleep(self, seconds: float, /) -> None: ...


@dataclass(slots=True)
class _Call:
    """One call of `send` and its failures so far."""

    texts: int
    epoch: int
    failures: int = 0
    slow: int = 0  # of them, those that may be the fault of these texts
    since: float = 0.0  # when the first of them began
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    """A request under way: when it began, and how many waits there were before."""

    began: float
    round: int


class Pacing:
    """Makes requests of one service, waits and tries again. Safe to call from several threads.

    The wait is shared: what the service says to one request holds for all. It is the service's own word where there is
    one, else grows exponentially with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015).
    Requests at the same time are halved at each failure and grow again by one for each round of successes.

    max_wait: seconds since the last success, or the first failure after it, at which the service has failed for good;
    waiting for `requests_per_minute` is not counted.
    random: gives numbers in [0, 1).
    """

    def __init__(
        self,
        service: str,
        *,
        max_wait: float,
        concurrency: int,
        requests_per_minute: float | None,
        clock: Clock,
        random: Callable[[], float],
    ) -> None:
        self.requests = 0
        self.retries = 0
        self._service = service
        self._max_wait = max_wait
        self._concurrency = concurrency
        self._spacing = 60.0 / requests_per_minute if requests_per_minute else 0.0
        self._clock = clock
        self._random = random
        self._turn = threading.Condition()
        self._under_way = 0
        self._allowed = float(concurrency)
        self._opens = float("-inf")  # no request before: the shared wait
        self._next = float("-inf")  # no request before: the cap
        self._planned = float("-inf")  # up to here, waiting for the cap is already taken out of the trouble
        self._round = 0  # shared waits so far
        self._strikes = 0  # of them since the last success
        self._trouble: float | None = None  # since when nothing succeeds
        self._succeeded = float("-inf")
        self._met = False  # whether the host has ever answered
        self._epoch = 0  # final failures so far; calls that began before one end with it
        self._end: IngestError | None = None

    def send(self, request: Callable[[], Result], *, texts: int, again: bool = True) -> Result:
        """Make a request until it succeeds.

        again: repeat once what is refused, where the refusal may be a passing fault.
        Raises RefusedError for the caller to halve; UnavailableError, too, of several texts that the service is too
        slow for; any other error is the end, for every call that is under way.
        """
        call = _Call(texts, self._epoch)
        while True:
            place = self._enter(call)
            try:
                result = request()
            except UnavailableError as error:
                failure = error
            except RefusedError as error:
                self._leave(met=True)
                if not (again and error.perhaps_transient and not call.repeated):
                    raise
                call.repeated = True
                continue
            except IngestError as error:
                self._stop(error, met=True)
                raise
            except BaseException:
                self._leave(met=False)
                raise
            else:
                self._succeed()
                return result
            self._fail(failure, call, place)

    def _enter(self, call: _Call) -> _Place:
        while not isinstance(entry := self._ask(call), _Place):
            self._clock.sleep(entry)
        return entry

    def _ask(self, call: _Call) -> _Place | float:
        """Give a place, or the seconds after which to ask again."""
        with self._turn:
            while self._under_way >= int(self._allowed) and self._epoch == call.epoch:
                self._turn.wait()
            if self._end and self._epoch != call.epoch:
                raise type(self._end)(str(self._end)) from self._end
            now = self._clock.monotonic()
            opens = max(now, self._opens, self._next)
            if opens > now:
                self._leave_plan_out(max(now, self._opens))
                return opens - now
            self._under_way += 1
            self._next = now + self._spacing
            self.requests += 1
            self.retries += call.failures > 0 or call.repeated
            return _Place(now, self._round)

    def _leave_plan_out(self, start: float) -> None:
        """Take the wait for the cap out of the time that the service is given to recover."""
        planned = self._next - max(start, self._planned)
        if planned > 0:
            self._planned = self._next
            if self._trouble is not None:
                self._trouble += planned

    def _leave(self, *, met: bool) -> None:
        with self._turn:
            self._met = self._met or met
            self._under_way -= 1
            self._turn.notify_all()

    def _stop(self, error: IngestError, *, met: bool) -> None:
        with self._turn:
            self._end = error
            self._epoch += 1
        self._leave(met=met)

    def _succeed(self) -> None:
        with self._turn:
            self._strikes = 0
            self._trouble = None
            self._succeeded = self._clock.monotonic()
            self._allowed = min(self._concurrency, self._allowed + 1 / self._allowed)
        self._leave(met=True)

    def _fail(self, error: UnavailableError, call: _Call, place: _Place) -> None:
        """Put the shared wait after a failure, or raise where waiting is over."""
        with self._turn:
            now = self._clock.monotonic()
            if not call.failures:
                call.since = place.began
            call.failures += 1
            call.slow += error.timed_out or isinstance(error, DamagedError)
            if self._trouble is None:
                self._trouble = place.began
            fresh = place.round == self._round  # else others have failed meanwhile, and the wait is on
            if fresh:
                self._round += 1
                self._strikes += 1
                self._allowed = max(1.0, self._allowed // 2)
            end = self._find_end(error, now)
            wait = self._choose_wait(error, now) if not end and (fresh or error.retry_after) else 0.0
            self._opens = max(self._opens, now + wait)
        if end:
            self._stop(end, met=not error.unreachable)
            raise end from error
        if wait:
            log.info("%s; trying again in %.1f s", error, wait)
        self._leave(met=not error.unreachable)
        self._blame(error, call, now)

    def _find_end(self, error: UnavailableError, now: float) -> EmbeddingError | None:
        """Make the error that ends it all, None while there is hope."""
        if error.unreachable and not self._met and self._strikes >= TRIES_UNMET:
            return EmbeddingError(f"{error}; tried {self._strikes} times: check the URL, the network and the proxy")
        left = self._count_time_left(now)
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

    def _choose_wait(self, error: UnavailableError, now: float) -> float:
        if error.retry_after:  # 0 is no word: obeyed, it would be a storm
            return error.retry_after
        most = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(self._strikes - 1, 16))
        return min(self._random() * most, self._count_time_left(now))

    def _count_time_left(self, now: float) -> float:
        return (now if self._trouble is None else self._trouble) + self._max_wait - now

    def _blame(self, error: UnavailableError, call: _Call, now: float) -> None:
        """Raise where the fault seems to be with these texts, so that fewer, or others, may pass."""
        if call.texts > 1 and call.slow >= TRIES_SLOW:
            raise error
        damaged = isinstance(error, DamagedError) and call.slow >= TRIES_ALONE
        others = self._succeeded > call.since and now - call.since >= self._max_wait and call.failures >= TRIES_ALONE
        if damaged or others:
            raise RefusedError(f"{error} ({call.failures} times, while it answered others)" if others else str(error))
