"""A job that never fires is found out by the age of what it left."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from ingest.age import find_stale
from ingest.durations import read_duration
from ingest.errors import UsageError
from ingest.model import Collection, Identity

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def collection(**ages: float | None) -> Collection:
    """A collection whose datasets were last complete so many hours ago; None is never."""
    runs = {
        name: {} if hours is None else {"last_run": {"finished": (NOW - timedelta(hours=hours)).isoformat()}}
        for name, hours in ages.items()
    }
    return Collection(Identity("m"), "s", "1", 2, np.eye(2, dtype=np.float32), runs)


def test_a_fresh_collection_passes() -> None:
    assert not list(find_stale(collection(a=25, b=0), read_duration("--max-age", "26h"), NOW))


@pytest.mark.parametrize("ages", [{"a": 27.0, "b": 0}, {"a": 0, "b": 27.0}, {"a": 0, "b": None}])
def test_one_old_dataset_is_named(ages: dict[str, float | None]) -> None:
    old = next(name for name, hours in ages.items() if hours != 0)
    (line,) = find_stale(collection(**ages), read_duration("--max-age", "26h"), NOW)
    assert repr(old) in line


def test_each_old_dataset_has_a_line_of_its_own_and_an_empty_collection_is_old() -> None:
    assert len(list(find_stale(collection(a=27, b=0, c=None), read_duration("--max-age", "26h"), NOW))) == 2
    assert len(list(find_stale(collection(), 3600, NOW))) == 1


def test_a_run_in_the_future_is_as_suspicious_as_one_long_ago() -> None:
    assert not list(find_stale(collection(a=-25), read_duration("--max-age", "26h"), NOW))  # clocks differ a little
    (line,) = find_stale(collection(a=-27), read_duration("--max-age", "26h"), NOW)
    assert "27.0 hours ahead of this machine's clock" in line


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("10m", 600), ("26h", 93_600), ("7d", 604_800), ("0", 0), ("1.5 h", 5_400)]
)
def test_a_length_of_time_is_read_as_people_write_it(text: str, seconds: float) -> None:
    assert read_duration("--flag", text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1h", "1y", "1h30m", "26"])
def test_any_other_is_refused_by_the_name_of_its_flag(text: str) -> None:
    with pytest.raises(UsageError, match="--flag"):
        read_duration("--flag", text)
