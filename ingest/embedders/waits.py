"""How long a service asks to wait, read from the headers of its answer, or from its body."""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC

_EPOCH = 1e9  # a reset beyond this is a point in time, not a number of seconds
_PARAMETER = re.compile(r"""\b(r|remaining|t|reset)\s*=\s*"?(\d+(?:\.\d+)?)""", re.IGNORECASE)


def read_wait(headers: Mapping[str, str], now: float) -> float | None:
    """Give the seconds that the service asks to wait, None where it says nothing.

    Retry-After in seconds or as a date (RFC 9110, 10.2.3) comes first; then RateLimit, where nothing remains: in the
    spelling of any draft (draft-ietf-httpapi-ratelimit-headers), quoted or not, or as headers of their own.
    now: seconds since 1970, for a date where the answer has no Date of its own.
    """
    lower = {name.lower(): value.strip() for name, value in headers.items()}
    wait = _read_retry_after(lower.get("retry-after", ""), _read_date(lower.get("date", "")) or now)
    return wait if wait is not None else _read_ratelimit(lower, now)


def read_loading(body: bytes) -> float | None:
    """Give the seconds that a model is still loading, by the service's guess; None where it says nothing.

    hf-inference: `{"error": "Model … is currently loading", "estimated_time": 20.0}`.
    """
    if b"estimated_time" not in body:
        return None
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    seconds = said.get("estimated_time") if isinstance(said, dict) else None
    return float(seconds) if isinstance(seconds, int | float) and 0 < seconds < math.inf else None


def _read_retry_after(value: str, now: float) -> float | None:
    if re.fullmatch(r"\d+(\.\d+)?", value):
        return float(value)
    date = _read_date(value)
    return None if date is None else max(0.0, date - now)


def _read_date(value: str) -> float | None:
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - heavy

    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()


def _read_ratelimit(headers: Mapping[str, str], now: float) -> float | None:
    for prefix in ("", "x-"):
        whole = headers.get(f"{prefix}ratelimit", "")
        parts = [_read_parameters(part) for part in whole.split(",")] + [_read_parameters(whole)]
        parts.append(
            _read_parameters(
                f"r={headers.get(f'{prefix}ratelimit-remaining', '')},t={headers.get(f'{prefix}ratelimit-reset', '')}"
            )
        )
        if waits := [part["t"] for part in parts if part.get("r") == 0 and "t" in part]:
            longest = max(waits)
            return max(0.0, longest - now) if longest > _EPOCH else longest
    return None


def _read_parameters(text: str) -> dict[str, float]:
    """Read `r` and `t`, the first of each, by either of their names."""
    found: dict[str, float] = {}
    for name, value in _PARAMETER.findall(text):
        found.setdefault({"remaining": "r", "reset": "t"}.get(name.lower(), name.lower()), float(value))
    return found
