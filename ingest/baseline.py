"""What a dataset held before the runs that came to no end: what `--max-delete` is a share of.

A run writes first and deletes last, so that one that is refused or dies leaves what it has written. If that counted,
the same run would be allowed the next time. So each run records, before its first point, what its dataset or its share
of one holds, or what was recorded so before it. That goes once a run was allowed and did what it could: whatever it
wrote then counts. Where it had to keep chunks that may still go, since their file failed or it deletes nothing, it goes
only if the guard would let go of these as well, and counts without them.

So while a refusal stands, what is added makes no room for it, for as many runs as it may take. It ends with a run that
is allowed: by the limit that the refusal names, or since the files are there again.
"""

from collections import Counter
from collections.abc import Mapping

from ingest.entries import BASELINE, Entry, divide
from ingest.share import Share, find_number


def find_baselines(entry: Entry, of: int) -> Mapping[int, int]:
    """Find what was recorded of each of so many shares, by its number; of 1, of the whole."""
    found: dict[int, int] = {}
    for name, record in divide(entry).items():
        number, _, each = (name or str(Share())).partition("/")
        if each == str(of) and isinstance(held := record.get(BASELINE), int):
            found[int(number)] = held
    return found


def find_bound(entry: Entry, stored: Mapping[str, int], of: int) -> int | None:
    """Find what was there by what runs of another number of shares recorded; None where none did.

    stored: points by origin, which count for a share of that number that recorded nothing.
    """
    others = {int((name or str(Share())).partition("/")[2]) for name in divide(entry)} - {of}
    found = [(other, baselines) for other in sorted(others) if (baselines := find_baselines(entry, other))]
    return min((_add_up(stored, other, baselines) for other, baselines in found), default=None)


def _add_up(stored: Mapping[str, int], of: int, baselines: Mapping[int, int]) -> int:
    held = Counter[int]()
    for origin, count in stored.items():
        held[find_number(origin, of)] += count
    return sum({**held, **baselines}.values())
