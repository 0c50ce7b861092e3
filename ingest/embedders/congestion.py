"""How many requests may be under way at the same time: slow start and congestion avoidance, as in RFC 5681."""

import math


class Congestion:
    """The requests under way, and how many may be: one at first, twice as many with each round of successes.

    A failure halves them, and from then on they grow by one a round. Not for several threads without a lock.
    most: requests that may ever be. allowed: that may be now.
    """

    def __init__(self, most: int) -> None:
        self.allowed = 1.0
        self.under_way = 0
        self._most = most
        self._texts = 0  # under way
        self._halved = False  # whether it ever was
        self._fastest = math.inf  # seconds of the fastest success

    @property
    def stagger(self) -> float:
        """Seconds between requests that would else be sent in one moment.

        Half of what lies between them on average: nothing is lost, and of those that are one too many the first is
        answered before all are sent.
        """
        return 0.0 if math.isinf(self._fastest) else self._fastest / self.allowed / 2

    def has_room(self, texts: int, most: float) -> bool:
        """Say whether one more may be sent. most: texts that may be under way together; one request always may be."""
        return self.under_way < int(self.allowed) and (self._texts + texts <= most or not self.under_way)

    def enter(self, texts: int) -> None:
        """Note a request that is sent."""
        self.under_way += 1
        self._texts += texts

    def leave(self, texts: int) -> None:
        """Note that a request has ended."""
        self.under_way -= 1
        self._texts -= texts

    def grow(self, seconds: float) -> None:
        """Learn from a request that succeeded. seconds: that it took."""
        self._fastest = min(self._fastest, seconds)
        self.allowed = min(self._most, self.allowed + (1 / self.allowed if self._halved else 1))

    def halve(self) -> None:
        """Learn from a failure."""
        self.allowed = max(1.0, self.allowed // 2)
        self._halved = True
