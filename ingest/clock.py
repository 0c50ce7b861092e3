"""The time of day, as records and reports have it."""

from datetime import UTC, datetime


def tell_time() -> str:
    """Tell the time in UTC, to the second, by ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def tell_moment() -> str:
    """Tell the time in UTC, to the microsecond, by ISO 8601: what tells apart runs of the same second."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
