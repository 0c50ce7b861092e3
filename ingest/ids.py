"""Ids of points, packed: 16 bytes each, where a list of strings takes ninety."""

from collections.abc import Iterable, Iterator

SIZE = 16  # bytes of a UUID (RFC 9562)
_TEXT = 36  # characters of one as it is written


class Ids:
    """Ids in the order in which they were added. One that is no UUID, as other programs write it, stays a text."""

    __slots__ = ("_others", "_packed")

    def __init__(self, ids: Iterable[str] = (), *, packed: bytes = b"") -> None:
        self._packed = bytearray(packed)
        self._others: list[str] = []
        for id_ in ids:
            self.add(id_)

    def __len__(self) -> int:
        return len(self._packed) // SIZE + len(self._others)

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self._packed), SIZE):
            yield unpack(self._packed[start : start + SIZE])
        yield from self._others

    def add(self, id_: str) -> None:
        """Add an id; it is not looked whether it is there already."""
        packed = pack(id_)
        if packed is None:
            self._others.append(id_)
        else:
            self._packed += packed


def pack(id_: str) -> bytes | None:
    """Give the 16 bytes of a UUID; None for what `unpack` would not give back as it is written."""
    if len(id_) != _TEXT:
        return None
    try:
        packed = bytes.fromhex(id_.replace("-", ""))
    except ValueError:
        return None
    return packed if len(packed) == SIZE and unpack(packed) == id_ else None


def unpack(packed: bytes | bytearray) -> str:
    """Write a UUID."""
    digits = packed.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
