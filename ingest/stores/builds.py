"""Collections that are built to take another one's place: their names, who builds them, and what becomes of them."""

import os
import platform
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import NoReturn

from ingest.errors import StoreError
from ingest.model import Collection, Json
from ingest.protocols import Store

BEAT = 60.0  # seconds between two signs of life of a build that is written to
SILENCE = 3600.0  # seconds without one, after which a build of another host is taken for abandoned
_NUMBERED = re.compile(r"(.+)-(\d{1,3})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mark:
    """What a collection carries while it is being built.

    of: the name of the collection whose place it is to take. host, pid: who builds it.
    since, beat: when that began and when its builder was last seen writing, in seconds since 1970 (UTC).
    """

    of: str
    host: str
    pid: int
    since: float
    beat: float

    def __str__(self) -> str:
        since, beat = (datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds") for at in (self.since, self.beat))
        return f"process {self.pid} on {self.host}, since {since}, last seen {beat}"


def make_mark(of: str, now: float) -> Mark:
    """Make the mark of a build that this process begins or takes over."""
    return Mark(of, platform.node(), os.getpid(), now, now)


def pack_mark(mark: Mark) -> dict[str, Json]:
    """Give a mark as JSON."""
    return asdict(mark)


def read_mark(value: object) -> Mark | None:
    """Read what `pack_mark` gave; None for what is no mark. One that is damaged is of no host, and long silent."""
    if not isinstance(value, Mapping) or not isinstance(value.get("of"), str):
        return None
    try:
        mark = Mark(value["of"], str(value["host"]), int(value["pid"]), float(value["since"]), float(value["beat"]))
    except (KeyError, TypeError, ValueError):
        return Mark(value["of"], "", 0, 0.0, 0.0)
    return mark


@dataclass(frozen=True, slots=True)
class Series:
    """The names `<stem>-<number>` that builds take, from a first number on."""

    stem: str
    first: int

    def pick(self, names: Iterable[str]) -> list[str]:
        """Give those of the names that belong to the series, by their number."""
        return [f"{self.stem}-{number}" for number in sorted(self._list_numbers(names))]

    def name_next(self, names: Iterable[str]) -> str:
        """Give the name after the last of the series."""
        return f"{self.stem}-{max(self._list_numbers(names), default=self.first - 1) + 1}"

    def _list_numbers(self, names: Iterable[str]) -> list[int]:
        found = (re.fullmatch(rf"{re.escape(self.stem)}-([1-9]\d*)", name) for name in names)
        return [number for match in found if match and (number := int(match[1])) >= self.first]


def behind_alias(base: str) -> Series:
    """Give the names of collections that stand behind an alias, laws-1 and so on."""
    return Series(base, 1)


def beside(collection: str) -> Series:
    """Give the names of collections that are built beside one without an alias: laws-2 and so on, beside laws."""
    match = _NUMBERED.fullmatch(collection)
    return Series(match[1], int(match[2]) + 1) if match else Series(collection, 2)


class Fate(Enum):
    """What becomes of a collection of a series."""

    KEPT = "it is not ours to remove"
    BUSY = "another host is building it"
    ABANDONED = "its builder ended early: the next build goes on from it, any other run removes it"
    REPLACED = "the alias that it was made for stands for another one"


@dataclass(frozen=True, slots=True)
class Found:
    """A collection of a series that no alias stands for.

    mark: who builds it. alias: the one that it was made for, "" for none.
    """

    name: str
    mark: Mark | None
    alias: str


def judge(found: Found, *, of: str, alias: str, now: float) -> Fate:
    """Say what becomes of a collection found beside the one called `of`, which stands behind `alias`, "" for none.

    | carries a mark of | by                         | last seen       | made for | fate      |
    |-------------------|----------------------------|-----------------|----------|-----------|
    | `of`              | another process or host    | within the hour |          | BUSY      |
    | `of`              | another process or host    | before          |          | ABANDONED |
    | `of`              | a process that is no more  |                 |          | ABANDONED |
    | another one       |                            |                 |          | KEPT      |
    | none              |                            |                 | `alias`  | REPLACED  |
    | none              |                            |                 | else     | KEPT      |

    The lock of `of` keeps this user's processes from building at once, and not those of another user. A sign of life
    from the future, of a clock that was set, counts like one as far in the past.
    """
    if found.mark is None:
        return Fate.REPLACED if alias and found.alias == alias else Fate.KEPT
    if found.mark.of != of:
        return Fate.KEPT
    silent = abs(now - found.mark.beat) >= SILENCE
    return Fate.ABANDONED if silent or _has_ended(found.mark) else Fate.BUSY


def _has_ended(mark: Mark) -> bool:
    """Say whether a builder of this host is no more; of another one it can't be known."""
    if mark.host != platform.node():
        return False
    if mark.pid == os.getpid() or os.name == "nt":  # where signal 0 is Ctrl-C, and the lock has to be enough
        return True
    try:
        os.kill(mark.pid, 0)  # asks, and does nothing
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False


class Unfinished:
    """What a collection that is being built does not do."""

    collection: str

    def build(self) -> NoReturn:
        """Refuse: there is one build at a time."""
        raise StoreError(f"collection {self.collection!r} is being built itself: nothing is built beside it")

    def switch(self, built: Store) -> NoReturn:
        """Refuse: nothing was built beside it."""
        raise StoreError(f"{built.collection!r} was not built beside {self.collection!r}, which is being built itself")

    def clear(self) -> list[str]:
        """Do nothing: that is for the collection beside which it is built."""
        return []

    def adopt(self, collection: Collection) -> NoReturn:  # noqa: ARG002 - as the protocol has it
        """Refuse: this tool makes it."""
        raise StoreError(f"collection {self.collection!r} is being built by this tool: there is nothing to adopt")
