"""The time of day, as records and reports have it."""

from datetime import UTC, datetime


def tell_time() -> str:
    """Tell the time in UTC, to the second, by ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")
