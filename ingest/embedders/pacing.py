"""When a request may be made, and when to try again: one gate that all threads pass."""

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from ingest.deadline import LEAST, run_within
from ingest.embedders.checks import DamagedError
from ingest.embedders.rate import Rate, Ticket
from ingest.errors import EmbeddingError, IngestError, RefusedError, UnavailableError

log = logging.getLogger("ingest")
Result = TypeVar("Result")

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0  # seconds that back-off reaches at most: the first time, and ever
# Seconds that a service may take to come up: an endpoint scaled to zero gets a machine, pulls its image and loads its
# model, which takes minutes (https://huggingface.co/docs/inference-endpoints/guides/autoscaling).
COLD_START = 900.0
SLICE = 0.5  # seconds of sleep at most: on Windows no Ctrl-C comes through while a lock is waited for
TRIES_UNMET = 3  # of a host that has never answered
TRIES_SLOW = 2  # of several texts, before fewer are sent
TRIES_ALONE = 3  # of one text, before the text is blamed for what the service does with it alone


class Clock(Protocol):
    """Time as pacing needs it."""

    def monotonic(self) -> float: ...

    def wait(self, condition: threading.Condition, seconds: float, /) -> None:
        """Sleep, with the condition's lock released, for so long or less: who sleeps looks again why."""
        ...


class SystemClock:
    """The time of this machine. A notified condition wakes who sleeps at once."""

    def monotonic(self) -> float:
        return time.monotonic()

    def wait(self, condition: threading.Condition, seconds: float, /) -> None:
        """Sleep until the condition is notified, but no longer than asked."""
        condition.wait(min(seconds, SLICE))


@dataclass(slots=True)
class _Call:
    """One call of `send` and its failures so far."""

    texts: int
    inputs: float  # texts that may be under way together
    epoch: int
    failures: int = 0
    slow: int = 0  # of them, those that may be the fault of these texts
    since: float = 0.0  # when the first of them began
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    """A request under way: its ticket, how many waits there were before, and the seconds that it may take."""

    ticket: Ticket
    round: int
    seconds: float


class Pacing:
    """Makes requests of one service, waits and tries again. Safe to call from several threads.

    The wait is shared: what the service says to one request holds for all. It is the service's own word where there is
    one, else grows exponentially with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015).
    Requests at the same time begin with one and double with each round of successes; a failure halves them, and from
    then on they grow by one a round (slow start and congestion avoidance, as in RFC 5681). Their rate is learned by
    Rate from what the service turns away.

    max_wait: seconds since the last success, or the first failure after it, at which the service has failed for good;
    waiting for `requests_per_minute` and for the learned rate is not counted. One that may be starting is waited for
    COLD_START, if that is longer, until its first success. A request that hangs is given up when that time is over,
    but never before LEAST seconds.
    local: it is this machine that works, which is waited for however long it takes.
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
        local: bool = False,
    ) -> None:
        self.requests = 0
        self.retries = 0
        self._service = service
        self._max_wait = max_wait
        self._concurrency = concurrency
        self._spacing = 60.0 / requests_per_minute if requests_per_minute else 0.0
        self._clock = clock
        self._random = random
        self._local = local
        self._turn = threading.Condition()
        self._under_way = 0
        self._inputs = 0  # texts under way
        self._left = math.inf  # when the last request ended
        self._allowed = 1.0
        self._halved = False  # whether it ever was
        self._fastest = math.inf  # seconds of the fastest success
        self._rate = Rate()
        self._opens = -math.inf  # no request before: the shared wait
        self._shut = -math.inf  # until when it is waited for, since it turned a request away
        self._next = -math.inf  # no request before: the cap
        self._planned = -math.inf  # up to here, planned waiting is already taken out of the trouble
        self._round = 0  # shared waits so far
        self._strikes = 0  # of them since the last success
        self._trouble: float | None = None  # since when nothing succeeds
        self._succeeded = -math.inf
        self._awaited = False  # whether it was said that the service is starting
        self._met = False  # whether the host has ever answered
        self._epoch = 0  # final failures so far; calls that began before one end with it
        self._end: IngestError | None = None

    def send(
        self, request: Callable[[], Result], *, texts: int, inputs: int | None = None, again: bool = True
    ) -> Result:
        """Make a request until it succeeds.

        inputs: texts that may be under way in all requests together; one request always may.
        again: repeat once what is refused, where the refusal may be a passing fault.
        Raises RefusedError for the caller to halve; UnavailableError, too, of several texts that the service is too
        slow for; any other error is the end, for every call that is under way.
        """
        call = _Call(texts, inputs or math.inf, self._epoch)
        while True:
            place = self._enter(call)
            try:
                result = self._make(request, place.seconds)
            except UnavailableError as error:
                failure = error
            except RefusedError as error:
                self._leave(call, met=True)
                if not (again and error.perhaps_transient and not call.repeated):
                    raise
                call.repeated = True
                continue
            except IngestError as error:
                self._stop(error, call, met=True)
                raise
            except BaseException:
                self._leave(call, met=False)
                raise
            else:
                self._succeed(call, place)
                return result
            self._fail(failure, call, place)

    def _make(self, request: Callable[[], Result], seconds: float) -> Result:
        if self._local:
            return request()
        try:
            return run_within(seconds, request)
        except TimeoutError as error:
            raise UnavailableError(f"{self._service} took too long to answer", timed_out=True) from error

    def _enter(self, call: _Call) -> _Place:
        """Wait for a place; what ends meanwhile wakes who sleeps here."""
        with self._turn:
            while True:
                if self._end and self._epoch != call.epoch:
                    raise type(self._end)(str(self._end)) from self._end
                if not self._has_room(call):
                    self._turn.wait()
                    continue
                now = self._clock.monotonic()
                plan = max(self._next, self._rate.due)
                if max(plan, self._opens) <= now:
                    return self._take_place(call, now, plan)
                self._leave_plan_out(plan, max(now, self._opens))
                self._clock.wait(self._turn, max(plan, self._opens) - now)

    def _has_room(self, call: _Call) -> bool:
        fits = self._inputs + call.texts <= call.inputs or not self._under_way
        return self._under_way < int(self._allowed) and fits

    def _take_place(self, call: _Call, now: float, plan: float) -> _Place:
        rested = 0.0 if self._under_way else now - max(self._left, plan, self._shut)
        self._under_way += 1
        self._inputs += call.texts
        self._next = now + max(self._spacing, self._stagger())
        self.requests += 1
        self.retries += call.failures > 0 or call.repeated
        patience = COLD_START if self._awaited and math.isinf(self._succeeded) else 0.0
        seconds = max(LEAST, self._count_time_left(max(self._max_wait, patience), now))
        return _Place(self._rate.take(now, rested=rested), self._round, seconds)

    def _stagger(self) -> float:
        """Give the seconds between requests that would else be sent in one moment.

        Half of what lies between them on average: nothing is lost, and of those that are one too many the first is
        answered before all are sent.
        """
        return 0.0 if math.isinf(self._fastest) else self._fastest / self._allowed / 2

    def _leave_plan_out(self, plan: float, start: float) -> None:
        """Take the wait for cap and rate out of the time that the service is given to recover."""
        planned = plan - max(start, self._planned)
        if planned > 0:
            self._planned = plan
            if self._trouble is not None:
                self._trouble += planned

    def _leave(self, call: _Call, *, met: bool) -> None:
        with self._turn:
            self._met = self._met or met
            self._under_way -= 1
            self._inputs -= call.texts
            self._left = self._clock.monotonic()
            self._turn.notify_all()

    def _stop(self, error: IngestError, call: _Call, *, met: bool) -> None:
        with self._turn:
            self._end = error
            self._epoch += 1
        self._leave(call, met=met)

    def _succeed(self, call: _Call, place: _Place) -> None:
        with self._turn:
            self._strikes = 0
            self._trouble = None
            self._succeeded = self._clock.monotonic()
            self._fastest = min(self._fastest, self._succeeded - place.ticket.at)
            self._allowed = min(self._concurrency, self._allowed + (1 / self._allowed if self._halved else 1))
            self._rate.keep_up(place.ticket)
        self._leave(call, met=True)

    def _fail(self, error: UnavailableError, call: _Call, place: _Place) -> None:
        """Put the shared wait after a failure, or raise where waiting is over."""
        with self._turn:
            now = self._clock.monotonic()
            if not call.failures:
                call.since = place.ticket.at
            call.failures += 1
            call.slow += error.timed_out or isinstance(error, DamagedError)
            if self._trouble is None:
                self._trouble = place.ticket.at
            fresh = place.round == self._round  # else others have failed meanwhile, and the wait is on
            if fresh:
                self._round += 1
                self._strikes += 1
                self._allowed = max(1.0, self._allowed // 2)
                self._halved = True
            left = self._count_time_left(self._find_patience(error), now)
            end = self._find_end(error, left)
            wait = self._choose_wait(error, left) if not end and (fresh or error.retry_after) else 0.0
            self._opens = max(self._opens, now + wait)
            if error.throttled:
                self._shut = self._opens
                self._rate.slow_down(place.ticket, wait=wait, again=not fresh)
        if end:
            self._stop(end, call, met=not error.unreachable)
            raise end from error
        if wait:
            self._tell(error, wait)
        self._leave(call, met=not error.unreachable)
        self._blame(error, call, now)

    def _tell(self, error: UnavailableError, wait: float) -> None:
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
        return (error.starting or error.loads is not None) and math.isinf(self._succeeded)

    def _find_patience(self, error: UnavailableError) -> float:
        return max(self._max_wait, COLD_START) if self._is_starting(error) else self._max_wait

    def _find_end(self, error: UnavailableError, left: float) -> EmbeddingError | None:
        """Make the error that ends it all, None while there is hope."""
        if error.unreachable and not self._met and self._strikes >= TRIES_UNMET:
            return EmbeddingError(f"{error}; tried {self._strikes} times: check the URL, the network and the proxy")
        if left <= 0 and self._is_starting(error):
            return EmbeddingError(
                f"{self._service} has not come up in {self._find_patience(error):g} s: see whether it is running, or "
                f"raise --max-wait; it last said: {error}"
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

    def _choose_wait(self, error: UnavailableError, left: float) -> float:
        if error.retry_after:  # 0 is no word: obeyed, it would be a storm
            return error.retry_after
        if error.loads:  # a guess, which is asked about after a minute
            return min(error.loads, LONGEST_WAIT, left)
        most = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(self._strikes - 1, 16))
        return min(self._random() * most, left)

    def _count_time_left(self, patience: float, now: float) -> float:
        return (now if self._trouble is None else self._trouble) + patience - now

    def _blame(self, error: UnavailableError, call: _Call, now: float) -> None:
        """Raise where the fault seems to be with these texts, so that fewer, or others, may pass."""
        if call.texts > 1 and call.slow >= TRIES_SLOW:
            raise error
        damaged = isinstance(error, DamagedError) and call.slow >= TRIES_ALONE
        others = self._succeeded > call.since and now - call.since >= self._max_wait and call.failures >= TRIES_ALONE
        if damaged or others:
            raise RefusedError(f"{error} ({call.failures} times, while it answered others)" if others else str(error))
