"""When a request may be made, and when to try again: one gate that all threads pass."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from ingest.deadline import run_within
from ingest.embedders.checks import DamagedError
from ingest.embedders.congestion import Congestion
from ingest.embedders.outage import Outage
from ingest.embedders.rate import Rate, Ticket
from ingest.errors import IngestError, RefusedError, UnavailableError

Result = TypeVar("Result")

SLICE = 0.5  # seconds of sleep at most: on Windows no Ctrl-C comes through while a lock is waited for
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
    How many requests are under way at the same time is for Congestion to say. Their rate is learned by Rate from what
    the service turns away.

    max_wait: see Outage; waiting for `requests_per_minute` and for the learned rate is not counted. A request that
    hangs is given up when that time is over, but never before LEAST seconds.
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
        self._spacing = 60.0 / requests_per_minute if requests_per_minute else 0.0
        self._clock = clock
        self._local = local
        self._turn = threading.Condition()
        self._congestion = Congestion(concurrency)
        self._outage = Outage(service, max_wait=max_wait, random=random)
        self._rate = Rate()
        self._left = math.inf  # when the last request ended
        self._opens = -math.inf  # no request before: the shared wait
        self._shut = -math.inf  # until when it is waited for, since it turned a request away
        self._next = -math.inf  # no request before: the cap
        self._round = 0  # shared waits so far
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
                if not self._congestion.has_room(call.texts, call.inputs):
                    self._turn.wait()
                    continue
                now = self._clock.monotonic()
                plan = max(self._next, self._rate.due)
                if max(plan, self._opens) <= now:
                    return self._take_place(call, now, plan)
                self._outage.leave_out(max(now, self._opens), plan)
                self._clock.wait(self._turn, max(plan, self._opens) - now)

    def _take_place(self, call: _Call, now: float, plan: float) -> _Place:
        rested = 0.0 if self._congestion.under_way else now - max(self._left, plan, self._shut)
        self._congestion.enter(call.texts)
        self._next = now + max(self._spacing, self._congestion.stagger)
        self.requests += 1
        self.retries += call.failures > 0 or call.repeated
        return _Place(self._rate.take(now, rested=rested), self._round, self._outage.find_limit(now))

    def _leave(self, call: _Call, *, met: bool) -> None:
        with self._turn:
            self._outage.met = self._outage.met or met
            self._congestion.leave(call.texts)
            self._left = self._clock.monotonic()
            self._turn.notify_all()

    def _stop(self, error: IngestError, call: _Call, *, met: bool) -> None:
        with self._turn:
            self._end = error
            self._epoch += 1
        self._leave(call, met=met)

    def _succeed(self, call: _Call, place: _Place) -> None:
        with self._turn:
            now = self._clock.monotonic()
            self._outage.end(now)
            self._congestion.grow(now - place.ticket.at)
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
            fresh = place.round == self._round  # else others have failed meanwhile, and the wait is on
            self._outage.begin(place.ticket.at)
            if fresh:
                self._round += 1
                self._outage.strike()
                self._congestion.halve()
            end = self._outage.find_end(error, now)
            wait = self._outage.choose_wait(error, now) if not end and (fresh or error.retry_after) else 0.0
            self._opens = max(self._opens, now + wait)
            if error.throttled:
                self._shut = self._opens
                self._rate.slow_down(place.ticket, wait=wait, again=not fresh)
        if end:
            self._stop(end, call, met=not error.unreachable)
            raise end from error
        if wait:
            self._outage.tell(error, wait)
        self._leave(call, met=not error.unreachable)
        self._blame(error, call, now)

    def _blame(self, error: UnavailableError, call: _Call, now: float) -> None:
        """Raise where the fault seems to be with these texts, so that fewer, or others, may pass."""
        if call.texts > 1 and call.slow >= TRIES_SLOW:
            raise error
        damaged = isinstance(error, DamagedError) and call.slow >= TRIES_ALONE
        others = (
            self._outage.succeeded > call.since and now - call.since >= self._max_wait and call.failures >= TRIES_ALONE
        )
        if damaged or others:
            raise RefusedError(f"{error} ({call.failures} times, while it answered others)" if others else str(error))
