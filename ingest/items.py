"""What is stored of one origin, in the order of its text: a row with all of its points, or a chunk of a text."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from ingest.alternatives import NEAREST, find_nearest
from ingest.batching import batched
from ingest.contents import PAYLOADS, Origin, is_finished
from ingest.contract import read_own
from ingest.errors import UsageError
from ingest.model import Json, Payload
from ingest.places import Place, holds, name_heading, name_place, read_metadata, read_place, surrounds
from ingest.protocols import Store

_Rank: TypeAlias = tuple[str, int, int, int]  # where a point stands in its origin: sheet, row, part, start
GAP = "\n[…]\n"  # between pieces of an answer that don't meet


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where the points of an origin are.

    points: how many there are of the whole origin. complete: whether a run has finished the origin.
    items: of each item at the place that was asked for, in order, the ids of its points. nearest: the first of their
    names, where they are not what was typed but come nearest to it.
    """

    points: int
    complete: bool
    items: Sequence[Sequence[str]]
    nearest: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """What a person sees as one.

    payload: of its first point. text: of a row the whole answer, of a text the chunk. points: the ids, by part.
    """

    payload: Payload
    text: str
    points: Sequence[str]

    def as_json(self) -> Mapping[str, Json]:
        """Give it as JSON, without this tool's own bookkeeping."""
        payload = {name: value for name, value in self.payload.items() if name != "ingest"}
        return {"place": name_place(self.payload), "points": self.points, **payload, "page_content": self.text}


def find_items(store: Store, origin: Origin, place: str = "") -> Shelf:
    """Find the items of an origin, or those at a place of it, a page of payloads in memory at a time.

    A place that is found nowhere as it was typed is looked for once more, loosely: without diacritics if none was
    typed, and anywhere in a heading. Raises UsageError where it has no such place, with what comes nearest.
    """
    if not place:
        return _collect(store, origin, None)[0]
    for loose in (False, True):
        shelf, names, inside = _collect(store, origin, read_place(place, loose=loose))
        if shelf.items:
            return shelf
    raise _refuse(origin, place, names, inside)


def _collect(store: Store, origin: Origin, wanted: Place | None) -> tuple[Shelf, Sequence[str], Sequence[str]]:
    """Read what an origin has at a place; also the names of its other places, and of those of the named article."""
    taken: dict[str, _Rank] = {}
    found: dict[str, list[tuple[_Rank, str]]] = {}
    names: dict[str, _Rank] = {}
    inside: dict[str, _Rank] = {}
    states: Counter[Json] = Counter()
    points = 0
    stored = store.list_points(origin.dataset, [origin.name])
    for some in batched((point.id for point in stored), PAYLOADS):
        for id_, payload in store.fetch_payloads(some).items():
            own, metadata = read_own(payload), read_metadata(payload)
            points += 1
            states[own.get("state")] += 1
            if not wanted or holds(wanted, payload):
                item = str(own.get("item")) if "row" in metadata else id_
                found.setdefault(item, []).append((_rank(metadata), id_))
                if wanted and wanted.loose:
                    taken.setdefault(name_heading(payload), _rank(metadata))
            elif name := name_place(payload):
                names[name] = _rank(metadata)
                if surrounds(wanted, payload):
                    inside[name] = names[name]
    items = [[id_ for _, id_ in item] for item in sorted(sorted(item) for item in found.values())]
    shelf = Shelf(points, is_finished(states), items, sorted(taken, key=taken.__getitem__)[:NEAREST])
    return shelf, sorted(names, key=names.__getitem__), sorted(inside, key=inside.__getitem__)


def read_items(store: Store, items: Sequence[Sequence[str]]) -> Iterator[Item]:
    """Read items by the ids of their points, some of them in memory at a time; what has gone since is left out."""
    for some in batched(items, PAYLOADS):
        payloads = store.fetch_payloads([id_ for ids in some for id_ in ids])
        for ids in some:
            if there := [id_ for id_ in ids if id_ in payloads]:
                yield Item(payloads[there[0]], _join([payloads[id_] for id_ in there]), there)


def _rank(metadata: Mapping[str, Json]) -> _Rank:
    row, part, start = (_read_number(metadata.get(name)) for name in ("row", "part", "start"))
    return str(metadata.get("sheet", "")), row, part, start


def _read_number(value: Json) -> int:
    return value if isinstance(value, int) else 0


def _join(payloads: Sequence[Payload]) -> str:
    """Put together what the points of an item hold of its text.

    Each holds the same, the whole answer; of a longer one than fits into a point, a window on it, which overlaps with
    the next. Where the length of the answer tells that they were not put together rightly, each is given by itself.
    """
    windows = list(dict.fromkeys(str(payload.get("page_content", "")) for payload in payloads))
    whole = windows[0]
    for window in windows[1:]:
        shared = next(size for size in range(len(window), -1, -1) if whole.endswith(window[:size]))
        whole += window[shared:]
    length = _read_number(read_metadata(payloads[-1]).get("end"))
    return whole if len(windows) == 1 or len(whole) == length else GAP.join(windows)


def _refuse(origin: Origin, place: str, names: Sequence[str], inside: Sequence[str]) -> UsageError:
    """Refuse a place that isn't there. names: all places, in order; inside: those of the article that was named."""
    if not inside and (near := find_nearest(place, names)):
        has = f"the nearest are {', '.join(near)}"
    else:
        there = list(dict.fromkeys([*(inside or names)[:1], *(inside or names)[-1:]]))
        has = f"it has {' … '.join(there)}" if there else "its chunks have neither headings nor rows"
    return UsageError(f"{origin} has no {place!r}: {has}; without a place all of it is shown")
