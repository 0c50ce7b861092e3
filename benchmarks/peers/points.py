# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""The points of one collection, in dicts: written, found by filters with keyword indexes, read in the order of ids."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from filters import find_keywords, fits, look_up

if TYPE_CHECKING:
    from numpy.typing import NDArray

Id = int | str
Json = Mapping[str, Any]
Wanted = bool | list[str]  # of a payload: all, nothing, or some paths


class Points:
    """Vectors of unit length and payloads by id."""

    def __init__(self) -> None:
        self._vectors: dict[Id, NDArray[np.float32]] = {}
        self._payloads: dict[Id, dict[str, Any]] = {}
        self._indexes: dict[str, dict[str, set[Id]]] = {}  # by field, by keyword

    def __len__(self) -> int:
        return len(self._payloads)

    def add_index(self, field: str) -> None:
        """Index a field's keywords from now on."""
        index = self._indexes.setdefault(field, defaultdict(set))
        for id_, payload in self._payloads.items():
            if isinstance(value := look_up(payload, field), str):
                index[value].add(id_)

    def write(self, points: Iterable[Json]) -> None:
        """Insert or replace points."""
        for point in points:
            id_ = read_id(point["id"])
            vector = np.asarray(read_unnamed(point["vector"]), np.float32)
            self._vectors[id_] = vector / (np.linalg.norm(vector) or 1)
            self.replace(id_, point.get("payload") or {})

    def replace(self, id_: Id, payload: Json) -> None:
        """Replace a point's payload."""
        self._unindex(id_)
        self._payloads[id_] = dict(payload)
        for field, index in self._indexes.items():
            if isinstance(value := look_up(payload, field), str):
                index[value].add(id_)

    def merge(self, id_: Id, payload: Json, key: str | None) -> None:
        """Set some fields of a point's payload, or of the object that is its field `key`."""
        old = self._payloads[id_]
        self.replace(id_, {**old, **(payload if key is None else {key: {**(old.get(key) or {}), **payload}})})

    def delete(self, ids: Iterable[Id]) -> None:
        """Delete points; an id that isn't there is no error."""
        for id_ in ids:
            self._unindex(id_)
            self._payloads.pop(id_, None)
            self._vectors.pop(id_, None)

    def find(self, where: Json | None) -> list[Id]:
        """Find the ids of the points that fit a filter, in their order."""
        found: set[Id] | None = None
        for field, keywords in find_keywords(where).items():
            if (index := self._indexes.get(field)) is not None:
                some = set().union(*(index.get(keyword, ()) for keyword in keywords))
                found = some if found is None else found & some
        candidates = self._payloads if found is None else found
        return sorted((id_ for id_ in candidates if fits(where, id_, self._payloads[id_])), key=_rank)

    def show(self, ids: Iterable[Id], *, payload: Wanted, vector: bool) -> Iterator[dict[str, Any]]:
        """Show points as REST does."""
        for id_ in ids:
            if id_ in self._payloads:
                shown: dict[str, Any] = {"id": id_, "payload": _choose(self._payloads[id_], payload)}
                yield {**shown, "vector": self._vectors[id_].tolist()} if vector else shown

    def count(self, field: str, where: Json | None, limit: int) -> list[dict[str, Any]]:
        """Count the keywords of a field, the most frequent first."""
        counts = Counter(
            value for id_ in self.find(where) if isinstance(value := look_up(self._payloads[id_], field), str)
        )
        hits = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:limit]
        return [{"value": value, "count": count} for value, count in hits]

    def _unindex(self, id_: Id) -> None:
        if id_ in self._payloads:
            for field, index in self._indexes.items():
                if isinstance(value := look_up(self._payloads[id_], field), str):
                    index[value].discard(id_)


def read_id(given: Id) -> Id:
    """Read an id as Qdrant does. Raises ValueError for what is neither an unsigned number nor a UUID."""
    if isinstance(given, int) and given >= 0:
        return given
    return str(uuid.UUID(str(given)))


def read_unnamed(vectors: Any) -> Any:  # noqa: ANN401 - a vector, or the parameters of one
    """Read what is given of the unnamed vector, which may be called "" too. Raises ValueError for another name."""
    if not isinstance(vectors, Mapping) or "size" in vectors:
        return vectors
    if [*vectors] != [""]:
        raise ValueError(f"vectors of the names {[*vectors]} are not known here")
    return vectors[""]


def _rank(id_: Id) -> tuple[bool, Id]:
    return isinstance(id_, str), id_


def _choose(payload: Json, wanted: Wanted) -> Json | None:
    """Choose what is wanted of a payload."""
    if isinstance(wanted, bool):
        return payload if wanted else None
    chosen: dict[str, Any] = {}
    for path in wanted:
        *parents, last = path.split(".")
        if (value := look_up(payload, path)) is not None:
            place = chosen
            for parent in parents:
                place = place.setdefault(parent, {})
            place[last] = value
    return chosen
