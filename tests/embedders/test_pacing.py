import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, repeat

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.deadline import LEAST
from ingest.embedders import open_embedder, pacing
from ingest.embedders.outage import COLD_START
from ingest.embedders.pacing import SystemClock
from ingest.embedders.steady import SteadyEmbedder
from ingest.errors import CredentialError, EmbeddingError, IngestError, RefusedError, UnavailableError
from ingest.model import Refused, Vectors
from ingest.protocols import Limits
from tests.embedders.fakes import FakeClock, FakeService, follow, make_embedder, make_unit

BUSY = UnavailableError("fake answers 503: busy")


def fail(times: int, error: IngestError = BUSY) -> "list[IngestError | Vectors | None]":
    return [error] * times


def encode(embedder: SteadyEmbedder, *texts: str) -> None:
    for text, outcome in zip(texts, embedder.embed_each(texts), strict=True):
        assert not isinstance(outcome, Refused)
        assert np.array_equal(outcome, make_unit(text))


def test_waits_grow_twofold_up_to_a_minute_and_end_with_a_success() -> None:
    clock = FakeClock()
    embedder = make_embedder(FakeService(follow(*fail(9))), clock)
    encode(embedder, "a")
    assert clock.sleeps == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert (embedder.requests, embedder.retries) == (10, 9)
    encode(embedder, "b")
    assert len(clock.sleeps) == 9


def test_a_success_starts_the_back_off_anew() -> None:
    clock = FakeClock()
    embedder = make_embedder(FakeService(follow(BUSY, BUSY, None, BUSY)), clock)
    encode(embedder, "a")
    encode(embedder, "b")
    assert clock.sleeps == [1, 2, 1]


def test_jitter_takes_a_random_share_of_the_wait() -> None:
    clock = FakeClock()
    shares = iter([0.5, 0.25])
    embedder = SteadyEmbedder(FakeService(follow(*fail(2))), clock=clock, random=lambda: next(shares))
    encode(embedder, "a")
    assert clock.sleeps == [0.5, 0.5]


def test_the_word_of_the_service_goes_before_back_off() -> None:
    clock = FakeClock()
    embedder = make_embedder(FakeService(follow(BUSY, UnavailableError("429", retry_after=37.5), BUSY)), clock)
    encode(embedder, "a")
    assert clock.sleeps == [1, 37.5, 4]


def test_a_wait_of_zero_is_no_word() -> None:
    clock = FakeClock()
    encode(make_embedder(FakeService(follow(*fail(2, UnavailableError("429", retry_after=0)))), clock), "a")
    assert clock.sleeps == [1, 2]


def test_nothing_succeeds_for_max_wait_and_the_last_words_are_told() -> None:
    clock = FakeClock()
    service = FakeService(follow(*fail(1000)))
    embedder = make_embedder(service, clock, max_wait=600)
    with pytest.raises(EmbeddingError, match=r"not succeeded once in 600 s \(--max-wait\).*503: busy") as caught:
        embedder.embed_each(["a"])
    assert not isinstance(caught.value, UnavailableError)
    assert sum(clock.sleeps) == 600
    assert embedder.requests == len(service.asked) == len(clock.sleeps) + 1 < 20


def test_each_success_starts_max_wait_anew() -> None:
    clock = FakeClock()
    embedder = make_embedder(FakeService(follow(*fail(5), None, *fail(5), None)), clock, max_wait=40)
    encode(embedder, "a")
    encode(embedder, "b")
    assert sum(clock.sleeps) == 62


def test_time_without_a_request_is_not_counted() -> None:
    clock = FakeClock()
    embedder = make_embedder(FakeService(follow(None, BUSY)), clock, max_wait=10)
    encode(embedder, "a")
    clock.now += 3600
    encode(embedder, "b")


def test_a_service_that_asks_for_longer_than_max_wait_is_not_waited_for() -> None:
    clock = FakeClock()
    service = FakeService(follow(UnavailableError("fake answers 429", retry_after=3600)))
    with pytest.raises(EmbeddingError, match="asks to wait 3600 s, longer than --max-wait leaves"):
        make_embedder(service, clock).embed_each(["a"])
    assert not clock.sleeps


def test_the_cap_is_never_exceeded() -> None:
    clock = FakeClock()
    times: list[float] = []
    embedder = make_embedder(
        FakeService(lambda texts: times.append(clock.now)), clock, requests_per_minute=30, max_wait=1
    )
    for number in range(5):
        encode(embedder, str(number))
    assert times == [1000, 1002, 1004, 1006, 1008]


def test_waiting_for_the_cap_is_no_waiting_for_the_service() -> None:
    clock = FakeClock()
    embedder = make_embedder(FakeService(follow(*fail(3))), clock, requests_per_minute=1, max_wait=30)
    encode(embedder, "a")
    assert sum(clock.sleeps) == 180


def test_a_host_that_was_never_reached_is_tried_three_times() -> None:
    clock = FakeClock()
    service = FakeService(follow(*fail(1000, UnavailableError("fake cannot be reached: refused", unreachable=True))))
    embedder = make_embedder(service, clock)
    with pytest.raises(EmbeddingError, match="refused; tried 3 times: check the URL"):
        embedder.embed_each(["a"])
    assert len(service.asked) == 3
    assert clock.sleeps == [1, 2]
    with pytest.raises(EmbeddingError, match="refused"):  # and once in a later call
        embedder.embed_each(["b"])
    assert len(service.asked) == 4


@pytest.mark.parametrize("answer", [None, BUSY, RefusedError("no")])
def test_a_host_that_has_answered_is_waited_for(answer: IngestError | None) -> None:
    clock = FakeClock()
    lost = UnavailableError("fake cannot be reached", unreachable=True)
    embedder = make_embedder(FakeService(follow(answer, *fail(6, lost))), clock)
    embedder.embed_each(["a"])
    encode(embedder, "b")
    assert len(clock.sleeps) >= 6


def test_what_cannot_be_mended_stops_at_once() -> None:
    clock = FakeClock()
    service = FakeService(follow(CredentialError("fake answers 401")))
    with pytest.raises(CredentialError, match="401"):
        make_embedder(service, clock).embed_each(["a", "b"])
    assert len(service.asked) == 1
    assert not clock.sleeps


def test_a_refusal_that_may_pass_is_repeated_once() -> None:
    service = FakeService(follow(RefusedError("fake answers 400", perhaps_transient=True)))
    embedder = make_embedder(service)
    encode(embedder, "a", "b")
    assert (embedder.requests, embedder.retries) == (2, 1)


def test_each_wait_is_logged_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "ingest"):
        encode(make_embedder(FakeService(follow(*fail(2)))), "a")
    assert caplog.messages == [
        "fake answers 503: busy; trying again in 1.0 s",
        "fake answers 503: busy; trying again in 2.0 s",
    ]


def warm(embedder: SteadyEmbedder, successes: int = 3) -> None:
    """Bring an embedder to so many requests at a time, and one."""
    for _ in range(successes):
        encode(embedder, "warm")


def _run(*calls: Callable[[], object]) -> list[BaseException | None]:
    """Run calls at the same time, and give what each raised."""
    raised: list[BaseException | None] = [None] * len(calls)

    def run(index: int) -> None:
        try:
            calls[index]()
        except BaseException as error:  # noqa: BLE001 - it is what the test asks for
            raised[index] = error

    threads = [threading.Thread(target=run, args=(index,), daemon=True) for index in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    return raised


def test_requests_that_fail_together_wait_once() -> None:
    clock = FakeClock()
    barrier = threading.Barrier(4)
    past: set[str] = set()
    met: list[str] = []

    def behave(texts: Sequence[str]) -> None:
        if texts != ["warm"] and texts[0] not in past:
            past.add(texts[0])
            barrier.wait(10)
            met.append(texts[0])
            raise BUSY

    embedder = make_embedder(FakeService(behave), clock)
    warm(embedder)
    assert _run(*(lambda text=text: encode(embedder, text) for text in "abcd")) == [None] * 4
    assert sorted(met) == list("abcd")
    assert set(clock.sleeps) <= {1.0}  # one strike: nobody was made to wait two seconds
    assert clock.now <= 1004
    assert embedder.requests == 3 + 8


def test_never_more_at_a_time_than_allowed() -> None:
    four, lock, under_way, most = threading.Barrier(4), threading.Lock(), 0, 0

    def behave(texts: Sequence[str]) -> None:
        nonlocal under_way, most
        if texts == ["warm"]:
            return
        with lock:
            under_way += 1
            most = max(most, under_way)
        four.wait(10)
        with lock:
            under_way -= 1

    embedder = make_embedder(FakeService(behave), concurrency=4)
    warm(embedder, 9)
    assert _run(*(lambda text=text: encode(embedder, text) for text in "abcdefgh")) == [None] * 8
    assert most == 4


def test_fewer_at_a_time_after_a_failure_and_more_with_each_success() -> None:
    embedder = make_embedder(FakeService(follow(None, *fail(3))), concurrency=8)
    allowed: list[float] = []
    for text in "abcdefg":
        encode(embedder, text)
        allowed.append(embedder._pacing._congestion.allowed)
    assert allowed[:4] == [2, 2, 2.5, 2.9]
    assert allowed == sorted(allowed)
    for _ in range(40):
        encode(embedder, "h")
    assert embedder._pacing._congestion.allowed == 8


@pytest.mark.parametrize("concurrency", [2, 4])  # halved by the first failure: the other waits its turn, or sleeps
def test_one_end_ends_all_that_are_under_way(concurrency: int) -> None:
    both, waits, ended = threading.Barrier(2), threading.Event(), threading.Event()

    class Sleeper(FakeClock):
        def sleep(self, seconds: float, /) -> None:
            ended.wait(10)
            super().sleep(seconds)

    def behave(texts: Sequence[str]) -> None:
        if texts == ["warm"]:
            return
        both.wait(10)
        if texts == ["key"]:
            waits.wait(10)
            raise CredentialError("fake answers 401")
        waits.set()
        raise UnavailableError("fake answers 429", retry_after=10)

    def ask_with_a_bad_key() -> None:
        try:
            embedder.embed_each(["key"])
        finally:
            ended.set()

    service = FakeService(behave)
    embedder = make_embedder(service, Sleeper(), concurrency=concurrency)
    warm(embedder)
    raised = _run(lambda: embedder.embed_each(["other"]), ask_with_a_bad_key)
    assert [type(error) for error in raised] == [CredentialError, CredentialError]
    assert len(service.asked) == 3 + 2


def test_who_sleeps_is_woken_by_the_end() -> None:
    both, asleep, woken = threading.Barrier(2), threading.Event(), list[bool]()

    class Patient(SystemClock):
        def wait(self, condition: threading.Condition, seconds: float, /) -> None:
            if seconds < 100:  # not what was asked for
                return super().wait(condition, seconds)
            asleep.set()
            woken.append(condition.wait(15))
            return None

    def behave(texts: Sequence[str]) -> None:
        both.wait(10)
        if texts == ["busy"]:
            raise UnavailableError("fake answers 429", retry_after=500)
        asleep.wait(10)
        raise CredentialError("fake answers 401")

    service = FakeService(lambda texts: None if texts == ["warm"] else behave(texts))
    embedder = SteadyEmbedder(service, clock=Patient())
    warm(embedder)
    raised = _run(lambda: embedder.embed_each(["busy"]), lambda: embedder.embed_each(["key"]))
    assert [type(error) for error in raised] == [CredentialError, CredentialError]
    assert woken == [True]


def test_more_texts_than_may_be_under_way_wait_for_each_other() -> None:
    lock, under_way, most = threading.Lock(), 0, 0

    def behave(texts: Sequence[str]) -> None:
        nonlocal under_way, most
        with lock:
            under_way += len(texts)
            most = max(most, under_way)
        with lock:
            under_way -= len(texts)

    service = FakeService(behave)
    service.limits = Limits(inputs_in_flight=10)
    embedder = make_embedder(service, concurrency=8)
    warm(embedder, 8)
    texts = [[f"{batch} {number}" for number in range(4)] for batch in range(20)]
    texts.append([f"large {number}" for number in range(12)])  # alone it may
    assert _run(*(lambda batch=batch: encode(embedder, *batch) for batch in texts)) == [None] * 21
    assert most <= 12


def test_a_rate_is_kept_once_a_request_was_one_too_many() -> None:
    clock, times = FakeClock(), list[float]()
    tokens = 10.0
    last = clock.now

    def behave(_: Sequence[str]) -> None:  # ten a second, ten at once
        nonlocal tokens, last
        tokens, last = min(10.0, tokens + (clock.now - last) * 10), clock.now
        if tokens < 1:
            raise UnavailableError("fake answers 429", retry_after=1.0, throttled=True)
        tokens -= 1
        times.append(clock.now)

    embedder = make_embedder(FakeService(behave), clock)
    for number in range(500):
        encode(embedder, str(number))
    assert embedder.retries <= 0.02 * 500
    assert times[-1] - times[0] <= 1.10 * (500 - 10) / 10


ASLEEP = UnavailableError("fake answers 503: asleep", starting=True)


def test_a_service_that_may_be_starting_is_waited_for_longer(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    with caplog.at_level(logging.INFO, "ingest"), pytest.raises(EmbeddingError, match=r"not come up in 900 s.*asleep"):
        make_embedder(FakeService(follow(*fail(1000, ASLEEP))), clock, max_wait=60).embed_each(["a"])
    assert sum(clock.sleeps) == COLD_START
    assert caplog.messages == ["fake answers 503: asleep; it may be starting: waiting for it, up to 15 minutes"]


def test_one_that_has_succeeded_is_not_starting() -> None:
    clock = FakeClock()
    embedder = make_embedder(FakeService(follow(None, *fail(1000, ASLEEP))), clock, max_wait=60)
    encode(embedder, "a")
    with pytest.raises(EmbeddingError, match=r"not succeeded once in 60 s \(--max-wait\)"):
        embedder.embed_each(["b"])
    assert sum(clock.sleeps) == 60


def test_a_model_that_loads_is_asked_again_when_it_should_be_there(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    loading = UnavailableError("fake answers 503: loading", starting=True, loads=20.0)
    far = UnavailableError("fake answers 503: loading", starting=True, loads=500.0)
    with caplog.at_level(logging.INFO, "ingest"):
        encode(make_embedder(FakeService(follow(loading, loading, far)), clock), "a")
    assert clock.sleeps == [20, 20, 60]  # a guess is asked about after a minute
    assert caplog.messages == ["fake loads the model, about 20 s more"]


def test_a_call_after_the_end_asks_again() -> None:
    embedder = make_embedder(FakeService(follow(CredentialError("fake answers 401"))))
    with pytest.raises(CredentialError):
        embedder.embed_each(["a"])
    encode(embedder, "a")


def test_a_slow_service_gets_fewer_texts_at_the_second_time_out() -> None:
    clock = FakeClock()
    slow = UnavailableError("fake answers 504", timed_out=True)

    def behave(texts: Sequence[str]) -> None:
        if len(texts) > 1:
            raise slow

    service = FakeService(behave)
    encode(make_embedder(service, clock), "a", "b")
    assert service.asked == [["a", "b"], ["a", "b"], ["a"], ["b"]]


def test_a_single_text_that_only_damages_its_vector_is_refused_in_the_end() -> None:
    def behave(texts: Sequence[str]) -> "Vectors | None":
        return np.full((len(texts), 8), np.nan, np.float32) if "nan" in texts else None

    service = FakeService(behave)
    outcomes = make_embedder(service).embed_each(["a", "nan"])
    assert not isinstance(outcomes[0], Refused)
    assert outcomes[1] == Refused("fake gave 1 of 1 vectors that are zero or not finite")
    assert service.asked == [["a", "nan"]] * 2 + [["a"]] + [["nan"]] * 3


def test_a_text_that_fails_for_max_wait_while_others_pass_is_to_blame() -> None:
    class Busy(FakeClock):
        def sleep(self, seconds: float, /) -> None:
            super().sleep(seconds)
            embedder.encode_query("good")

    def behave(texts: Sequence[str]) -> None:
        if texts == ["bad"]:
            raise BUSY

    clock = Busy()
    embedder = make_embedder(FakeService(behave), clock, max_wait=100)
    [outcome] = embedder.embed_each(["bad"])
    assert isinstance(outcome, Refused)
    assert outcome.reason.startswith("fake answers 503: busy (")
    assert outcome.reason.endswith(" times, while it answered others)")
    assert 100 <= clock.now - 1000 < 102


def test_another_dimension_later_is_a_bad_reply() -> None:
    clock = FakeClock()
    wrong = np.ones((1, 3), np.float32)
    embedder = make_embedder(FakeService(follow(None, wrong)), clock)
    encode(embedder, "a")
    encode(embedder, "b")
    assert clock.sleeps == [1]


class Hanging:
    """Stands for `run_within`: a request takes all the time that it is given, or is answered."""

    def __init__(self, clock: FakeClock, hangs: Iterator[bool]) -> None:
        self.given: list[float] = []
        self._clock, self._hangs = clock, hangs

    def __call__(self, seconds: float, function: Callable[[], object]) -> object:
        self.given.append(seconds)
        if next(self._hangs):
            self._clock.now += seconds
            raise TimeoutError
        return function()


@given(st.floats(0, 2_000), st.lists(st.floats(0, 1, exclude_max=True), min_size=1))
def test_a_service_that_hangs_is_given_up_when_max_wait_is_over(max_wait: float, draws: list[float]) -> None:
    clock = FakeClock()
    hanging = Hanging(clock, repeat(True))
    random = cycle(draws).__next__
    embedder = SteadyEmbedder(FakeService(), clock=clock, random=random, max_wait=max_wait)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pacing, "run_within", hanging)
        with pytest.raises(EmbeddingError, match=r"\(--max-wait\); it last said: fake took too long to answer"):
            embedder.embed_each(["a"])
    assert min(hanging.given) >= LEAST
    assert clock.now - 1000 <= max(max_wait, LEAST) + LEAST
    assert len(hanging.given) == embedder.requests <= 2


def test_one_request_that_hangs_does_not_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock()
    adapter = UnavailableError("fake took too long to answer", timed_out=True)  # its own bound is less than max_wait
    hanging = Hanging(clock, repeat(False))
    monkeypatch.setattr(pacing, "run_within", hanging)
    embedder = make_embedder(FakeService(follow(adapter, None)), clock, max_wait=600)
    encode(embedder, "a")
    assert hanging.given == [600, 599]


def test_this_machine_is_given_all_the_time_that_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = Hanging(FakeClock(), repeat(True))
    monkeypatch.setattr(pacing, "run_within", hanging)
    encode(SteadyEmbedder(FakeService(), max_wait=0, local=True), "a")
    assert hanging.given == []
    assert open_embedder("hashing", max_wait=0).embed_each(["a"])
    assert hanging.given == []


def test_a_service_that_starts_is_given_the_time_to(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock()
    hanging = Hanging(clock, repeat(False))
    monkeypatch.setattr(pacing, "run_within", hanging)
    starting = UnavailableError("fake answers 503", starting=True)
    encode(make_embedder(FakeService(follow(starting, None)), clock, max_wait=20), "a")
    assert hanging.given == [20, COLD_START - 1]
