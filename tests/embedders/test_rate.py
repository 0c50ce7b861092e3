"""What is learned from a service that turns requests away, against services that count exactly."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.embedders.rate import CATCH_UP, Rate

Service = Callable[[float], float]  # the seconds until there is room again, 0 where the request is taken


def fill_bucket(rate: float, burst: int) -> Service:
    tokens, last = float(burst), 0.0

    def take(now: float) -> float:
        nonlocal tokens, last
        tokens, last = min(burst, tokens + (now - last) * rate), now
        if tokens < 1:
            return (1 - tokens) / rate
        tokens -= 1
        return 0.0

    return take


def open_windows(seconds: float, quota: int) -> Service:
    window, left = -1, 0

    def take(now: float) -> float:
        nonlocal window, left
        if (current := int(now // seconds)) != window:
            window, left = current, quota
        if not left:
            return (window + 1) * seconds - now
        left -= 1
        return 0.0

    return take


def run(service: Service, requests: int, *, say: Callable[[float], float], latency: float = 0.02) -> tuple[float, int]:
    """Get so many requests taken, one after another; give the seconds and how many were turned away."""
    rate, now, taken, refused = Rate(), 0.0, 0, 0
    while taken < requests:
        now = max(now, rate.due)
        ticket = rate.take(now, rested=0.0)
        if wait := service(now):
            refused += 1
            rate.slow_down(ticket, wait=say(wait), again=False)
            now += say(wait)
        else:
            taken += 1
            now += latency
            rate.keep_up(ticket)
    return now, refused


def in_whole_seconds(wait: float) -> float:
    return float(math.ceil(wait))


def not_at_all(_: float) -> float:
    return 0.5  # back-off, then


words = st.sampled_from([in_whole_seconds, not_at_all])


@given(st.floats(5.0, 30.0), st.floats(0.8, 1.5), words)
def test_a_bucket_of_about_a_second_is_used_up_with_few_requests_turned_away(
    rate: float, share: float, say: Callable[[float], float]
) -> None:
    burst = round(rate * share)
    seconds, refused = run(fill_bucket(rate, burst), 1000, say=say)
    assert seconds <= 1.10 * (1000 - burst) / rate
    assert refused <= 0.015 * 1000


@given(st.floats(2.0, 30.0), st.floats(0.5, 15.0), words)
def test_a_bucket_of_another_size_is_learned_by_measuring(
    rate: float, share: float, say: Callable[[float], float]
) -> None:
    burst = max(2, math.ceil(rate * share))
    seconds, refused = run(fill_bucket(rate, burst), 1000, say=say)
    assert seconds <= 1.25 * (1000 - burst) / rate
    assert refused <= 0.02 * 1000


def test_a_service_that_takes_one_at_a_time_is_found_out() -> None:
    seconds, refused = run(fill_bucket(10.0, 1), 3000, say=not_at_all)
    assert seconds <= 1.25 * 3000 / 10
    assert refused <= 0.02 * 3000


@pytest.mark.parametrize(
    ("window", "quota", "most"),
    [(1.0, 10, 1.4), (60.0, 100, 1.1), (300.0, 500, 1.1)],  # in the first, half of the time is waited by whole seconds
)
def test_a_number_for_each_window_is_spread_over_it(window: float, quota: int, most: float) -> None:
    requests = 4 * quota + 200
    seconds, refused = run(open_windows(window, quota), requests, say=in_whole_seconds)
    assert seconds <= most * window * requests / quota
    assert refused <= 0.02 * requests


def test_nothing_is_spaced_before_one_is_turned_away() -> None:
    assert run(lambda _: 0.0, 100, say=in_whole_seconds, latency=0.0) == (0.0, 0)


def test_those_turned_away_together_tell_one_thing() -> None:
    alone, together = Rate(), Rate()
    for rate in (alone, together):
        tickets = [rate.take(index / 10, rested=0) for index in range(12)]
        rate.slow_down(tickets[9], wait=1, again=False)
    together.slow_down(tickets[10], wait=1, again=True)
    together.slow_down(tickets[11], wait=1, again=True)
    assert together.due == alone.due


def test_what_was_missed_is_caught_up_only_in_part() -> None:
    rate = Rate()
    tickets = [rate.take(0.0, rested=0) for _ in range(10)]
    rate.slow_down(tickets[-1], wait=1, again=False)  # 10 in a second
    at_once = 0
    while rate.due <= 100.0:
        rate.take(100.0, rested=0)
        at_once += 1
    assert at_once == pytest.approx(10 * CATCH_UP, abs=1)


def test_after_a_rest_it_is_no_measurement() -> None:
    rate = Rate()
    rate.slow_down([rate.take(0.0, rested=0) for _ in range(10)][-1], wait=1, again=False)
    tickets = [rate.take(1000.0 + index / 10, rested=990.0 if not index else 0) for index in range(10)]
    rate.slow_down(tickets[-1], wait=1, again=False)
    assert rate.due - tickets[-1].at < 0.2  # 10 in 1,000 s it is not
