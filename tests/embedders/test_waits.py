import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.embedders.waits import read_loading, read_wait

NOW = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"Retry-After": "Tue, 14 Nov 2023 22:14:20 GMT"}, 60),
        ({"Retry-After": "Tuesday, 14-Nov-23 22:14:20 GMT"}, 60),
        ({"Retry-After": "Tue Nov 14 22:14:20 2023"}, 60),
        ({"Retry-After": "Tue, 14 Nov 2023 22:14:20 GMT", "Date": "Tue, 14 Nov 2023 22:14:00 GMT"}, 20),
        ({"Retry-After": "Tue, 14 Nov 2023 22:00:00 GMT"}, 0),
        ({"Retry-After": "3", "RateLimit": '"api";r=0;t=55'}, 3),
        ({"Retry-After": "soon", "RateLimit": '"api";r=0;t=55'}, 55),
        ({"RateLimit": '"api";r=0;t=55'}, 55),
        ({"ratelimit": '"inference-providers";r=0;t=9'}, 9),
        ({"RateLimit": "default; t=9 ; r=0"}, 9),
        ({"RateLimit": '"burst";r=4;t=1, "daily";r=0;t=3600'}, 3600),
        ({"RateLimit": '"burst";r=0;t=1, "daily";r=70;t=3600'}, 1),
        ({"RateLimit": "limit=100, remaining=0, reset=50"}, 50),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "30"}, 30),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(NOW + 12)}, 12),
        ({"RateLimit": '"api";r=5;t=55'}, None),
        ({"RateLimit": '"api";t=55'}, None),
        ({"RateLimit-Reset": "30"}, None),
        ({"RateLimit-Policy": '"fixed window";"api";q=500;w=300'}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": ""}, None),
        ({}, None),
    ],
)
def test_the_wait_that_is_asked_for(headers: dict[str, str], seconds: float | None) -> None:
    assert read_wait(headers, NOW) == seconds


@given(
    st.dictionaries(st.sampled_from(["Retry-After", "RateLimit", "Date", "X-RateLimit-Reset"]), st.text(max_size=40))
)
def test_no_header_breaks_the_reading(headers: dict[str, str]) -> None:
    wait = read_wait(headers, NOW)
    assert wait is None or wait >= 0


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (b'{"error": "Model m is currently loading", "estimated_time": 20.5}', 20.5),
        (b'{"estimated_time": 20}', 20),
        (b'{"estimated_time": 0}', None),
        (b'{"estimated_time": -3}', None),
        (b'{"estimated_time": NaN}', None),
        (b'{"estimated_time": Infinity}', None),
        (b'{"estimated_time": "soon"}', None),
        (b'{"error": "busy"}', None),
        (b'["estimated_time"]', None),
        (b"estimated_time", None),
        (b"\xffestimated_time", None),
        (b"", None),
    ],
)
def test_the_guess_when_a_model_is_loaded(body: bytes, seconds: float | None) -> None:
    assert read_loading(body) == seconds
