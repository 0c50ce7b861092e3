"""How long chunks are, or whole rows: a histogram, and the longest and the shortest by name."""

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise

from ingest.model import Json

SAMPLES = 3  # of the longest that are named, and of the shortest
BINS = 10  # of a histogram
NEAR = 0.9  # of the limit


@dataclass(frozen=True, slots=True, order=True)
class Sample:
    """A text, its place as `show` takes it, and its length."""

    size: int
    origin: str
    place: str
    text: str


@dataclass(frozen=True, slots=True)
class Bin:
    """How many texts are of `low` to `high` units; high: None has no end."""

    low: int
    high: int | None
    count: int


@dataclass(slots=True)
class Lengths:
    """The lengths of texts. Memory grows with the number of different lengths only.

    unit: what they are counted in. limit: what each is to stay within; None for none. count: of all of them.
    """

    unit: str
    limit: int | None = None
    count: int = 0
    _sizes: Counter[int] = field(default_factory=Counter)
    _longest: list[tuple[int, int, Sample]] = field(default_factory=list)
    _shortest: list[tuple[int, int, Sample]] = field(default_factory=list)

    def add(self, sample: Sample) -> None:
        """Count a text; of equal lengths the first ones are named."""
        self._sizes[sample.size] += 1
        self.count += 1
        order = -self.count  # never equal, so that nothing else is compared
        for heap, size in ((self._longest, sample.size), (self._shortest, -sample.size)):
            if len(heap) < SAMPLES:
                heapq.heappush(heap, (size, order, sample))
            elif (size, order) > heap[0][:2]:
                heapq.heapreplace(heap, (size, order, sample))

    @property
    def longest(self) -> Sequence[Sample]:
        """The longest, the very longest first."""
        return [sample for *_, sample in sorted(self._longest, reverse=True)]

    @property
    def shortest(self) -> Sequence[Sample]:
        """The shortest that aren't named as the longest, the very shortest first."""
        named = {order for _, order, _ in self._longest}
        return [sample for _, order, sample in sorted(self._shortest, reverse=True) if order not in named]

    @property
    def median(self) -> int:
        """A length that half of the texts are not longer than; 0 without a text."""
        left = (self.count + 1) // 2
        for size in sorted(self._sizes):
            left -= self._sizes[size]
            if left <= 0:
                return size
        return 0

    @property
    def near(self) -> int:
        """How many are within the limit by less than a tenth of it."""
        limit = self.limit or 0
        return sum(count for size, count in self._sizes.items() if NEAR * limit < size <= limit)

    @property
    def over(self) -> int:
        """How many are over the limit."""
        return 0 if self.limit is None else sum(count for size, count in self._sizes.items() if size > self.limit)

    def list_bins(self) -> Iterator[Bin]:
        """Count texts by their length, up to the limit in equal steps, and behind it what is over."""
        top = self.limit or max(self._sizes, default=0)
        edges = sorted({-(-top * number // BINS) for number in range(BINS + 1)})
        for low, high in pairwise(edges):
            yield Bin(low + 1, high, sum(count for size, count in self._sizes.items() if low < size <= high))
        if over := sum(count for size, count in self._sizes.items() if size > top):
            yield Bin(top + 1, None, over)

    def as_json(self) -> Mapping[str, Json]:
        """Give it as one JSON object."""
        return {
            "unit": self.unit,
            "limit": self.limit,
            "count": self.count,
            "median": self.median,
            "near": self.near,
            "over": self.over,
            "bins": [asdict(each) for each in self.list_bins()],
            "longest": [asdict(sample) for sample in self.longest],
            "shortest": [asdict(sample) for sample in self.shortest],
        }
