"""The stored points of one origin, packed: a workbook of a million rows is one origin."""

from array import array
from bisect import bisect_left

from ingest.ids import SIZE, Ids, pack
from ingest.model import Stored

_MARK = 8  # bytes of a fingerprint that are kept: two that differ agree in them once in 10^19 times
_DIGITS = 2 * _MARK
_UNKNOWN = bytes(_MARK)  # of a fingerprint that is none, which no chunk has


class Unclaimed:
    """Points are put in, then what is wanted is taken out, and what is left is stale.

    A point takes 25 bytes; the first `take` sorts them. Nothing is put in after that. Of a point that is put twice,
    as a list that others write to meanwhile may name it, the last counts.
    """

    def __init__(self) -> None:
        self._points = bytearray()  # of each its id and the mark of its fingerprint
        self._others: dict[str, str] = {}  # ids that are no UUID, and their fingerprints
        self._keys: array[int] | None = None  # the first half of each id, sorted
        self._taken = bytearray()

    def put(self, point: Stored) -> None:
        """Put in a stored point."""
        assert self._keys is None, "it is sorted"  # noqa: S101 - of the caller
        packed = pack(point.id)
        if packed is None:
            self._others[point.id] = point.fingerprint
        else:
            self._points += packed + _pack_mark(point.fingerprint)

    def take(self, id_: str, fingerprint: str) -> bool | None:
        """Take a point off; say whether its fingerprint is this one. None where it is not there, or not any more."""
        packed = pack(id_)
        if packed is None:
            there = self._others.pop(id_, None)
            return None if there is None else there == fingerprint
        if not self._points:
            return None
        keys = self._sort()
        key = int.from_bytes(packed[: SIZE // 2], "big")
        place = bisect_left(keys, key)
        while place < len(keys) and keys[place] == key:
            start = place * (SIZE + _MARK)
            if self._points[start : start + SIZE] == packed and not self._taken[place]:
                self._taken[place] = True
                return self._points[start + SIZE : start + SIZE + _MARK] == _pack_mark(fingerprint)
            place += 1
        return None

    def list_left(self) -> Ids:
        """List what was not taken, sorted."""
        if not self._points:
            return Ids(self._others)
        import numpy as np  # noqa: PLC0415 - heavy

        self._sort()
        points = np.frombuffer(self._points, np.uint8).reshape(-1, SIZE + _MARK)
        left = points[np.frombuffer(self._taken, np.uint8) == 0, :SIZE]
        return Ids(self._others, packed=left.tobytes())

    def _sort(self) -> "array[int]":
        if self._keys is None:
            import numpy as np  # noqa: PLC0415 - heavy

            points = np.frombuffer(self._points, np.dtype([("key", ">u8"), ("rest", ">u8"), ("mark", f"V{_MARK}")]))
            keys, rests = (points[half].astype(np.uint64) for half in ("key", "rest"))
            order = np.lexsort((rests, keys))  # stable: the last of those of one id is the last that was put
            keys, rests = keys[order], rests[order]
            last = np.append((keys[1:] != keys[:-1]) | (rests[1:] != rests[:-1]), True)
            points = points[order[last]]
            self._points = bytearray(points.tobytes())
            self._keys = array("Q", keys[last].tobytes())
            self._taken = bytearray(len(points))
        return self._keys


def _pack_mark(fingerprint: str) -> bytes:
    try:
        mark = bytes.fromhex(fingerprint[:_DIGITS])
    except ValueError:
        return _UNKNOWN
    return mark if len(mark) == _MARK else _UNKNOWN
