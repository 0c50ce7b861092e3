"""Lengths of time as people write them: `90s`, `10m`, `26h`, `7d`, or `0`."""

import re

from ingest.errors import UsageError

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}  # seconds
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd]?)")


def read_duration(flag: str, text: str) -> float:
    """Read a length of time in seconds. Raises UsageError, naming the flag, for anything else."""
    found = _DURATION.fullmatch(text.strip())
    if not found or (float(found[1]) and not found[2]):
        raise UsageError(f"{flag} {text!r} is no length of time with a unit: write 90s, 10m, 26h or 7d")
    return float(found[1]) * _UNITS[found[2]]
