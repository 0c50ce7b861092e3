"""Points that wait on this side of a server, so that they take few writes."""

from collections.abc import Callable, Iterable

from ingest.model import Point
from ingest.stores.batches import fit

MOST_BYTES = 4_000_000  # of one write, as JSON; a server takes 32 MiB, proxies before it take less


class Gathering:
    """Points in the order in which they came, each with its bytes.

    linger: seconds since the last write within which those that do not fill another wait for more. So what comes
    slowly goes as it comes, and what comes fast goes in writes that are full. No clock is waited for: what came right
    after a write, and is followed by nothing, waits for the end of the run. 0: they wait for a free writer alone.
    clock: seconds since 1970 (UTC).
    """

    def __init__(self, linger: float, clock: Callable[[], float]) -> None:
        self._linger, self._clock = linger, clock
        self._last: float | None = None  # when the last write began
        self._points: list[tuple[Point, int]] = []

    def __len__(self) -> int:
        return len(self._points)

    def add(self, weighed: Iterable[tuple[Point, int]]) -> None:
        """Take points, each with its bytes on the wire."""
        self._points += weighed

    def peek(self, most: int) -> list[Point]:
        """Give the points of the next write, where there are any: at most so many, and so many bytes."""
        end = fit([size for _, size in self._points[: most + 1]], 0, items=most, weight=MOST_BYTES)
        return [point for point, _ in self._points[:end]]

    def is_full(self, batch: list[Point], most: int) -> bool:
        """Say whether nothing more goes into a write."""
        return len(batch) >= most or len(batch) < len(self._points)

    @property
    def is_due(self) -> bool:
        """Whether what is there has waited long enough. A clock that was set back is not waited for."""
        return self._last is None or not 0 <= self._clock() - self._last < self._linger

    def drop(self, batch: list[Point]) -> None:
        """Forget the points of a write that has begun."""
        del self._points[: len(batch)]
        self._last = self._clock()

    def clear(self) -> None:
        """Forget all."""
        self._points.clear()
