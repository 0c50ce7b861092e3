"""The ordinal of a text among its equals, for a million different texts in 24 MB."""

from array import array

_FIRST = 16  # slots to begin with: most files hold a few chunks
_DIGITS = 16  # of a hash that are kept: two texts of a million agree in them once in 10^7 times, and get a name each


class Ordinals:
    """Counts texts by their hashes: an open hash table (Knuth, TAOCP 3, 6.4) of eight bytes a slot."""

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * _FIRST))
        self._used = 0
        self._again: dict[int, int] = {}  # how often a text was met after the first time

    def draw(self, text: str) -> int:
        """Give how often this text, by its hash in hexadecimal digits, was drawn before."""
        key = int(text[:_DIGITS], 16) or 1  # a slot with 0 is free
        place = self._find(key)
        if self._slots[place]:
            self._again[key] = ordinal = self._again.get(key, 0) + 1
            return ordinal
        self._slots[place] = key
        self._used += 1
        if 3 * self._used > 2 * len(self._slots):
            self._grow()
        return 0

    def _find(self, key: int) -> int:
        """Give the slot of a key, or the free one where it belongs."""
        slots, last = self._slots, len(self._slots) - 1
        place = key & last
        while slots[place] and slots[place] != key:
            place = (place + 1) & last
        return place

    def _grow(self) -> None:
        keys, self._slots = self._slots, array("Q", bytes(2 * 8 * len(self._slots)))
        for key in filter(None, keys):
            self._slots[self._find(key)] = key
