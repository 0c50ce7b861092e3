"""Points that a store has taken and that are not known to be written."""

import threading
from collections.abc import Iterable, Mapping, Sequence

from ingest.model import Point, Vector


class Unwritten:
    """By their ids. Safe to use from several threads."""

    def __init__(self) -> None:
        self._points: dict[str, Point] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._points)

    def has_any(self, ids: Iterable[str]) -> bool:
        """Say whether one of these points is among them."""
        return any(id_ in self._points for id_ in ids)

    def add(self, points: Sequence[Point]) -> None:
        """Take points; the one that comes last of an id counts."""
        with self._lock:
            self._points.update((point.id, point) for point in points)

    def remove(self, points: Sequence[Point]) -> None:
        """Leave out points that were written."""
        with self._lock:
            for point in points:
                self._points.pop(point.id, None)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._points.clear()

    def list_origins(self) -> set[str]:
        """Give the origins that points of are among them."""
        return {_read(point, "origin") for point in self._list()}

    def find_vectors(self, texts: Iterable[str]) -> dict[str, Vector]:
        """Find the vectors of texts, by their hash."""
        wanted = set(texts)
        return {text: point.vector for point in self._list() if (text := _read(point, "text")) in wanted}

    def _list(self) -> list[Point]:
        with self._lock:
            return list(self._points.values())


def _read(point: Point, field: str) -> str:
    own = point.payload.get("ingest")
    return str(own.get(field, "")) if isinstance(own, Mapping) else ""
