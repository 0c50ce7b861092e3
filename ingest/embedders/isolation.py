"""Which texts of a batch a service refuses: found by halving, so that the others lose nothing."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ingest.errors import EmbeddingError, RefusedError, UnavailableError
from ingest.model import Refused

if TYPE_CHECKING:
    from ingest.model import Vector, Vectors

    Send = Callable[[Sequence[str], bool], Vectors]

IN_A_ROW = 64  # single texts refused without one taken between: it is the service, not the texts
PROOFS = 2  # times that a size must be refused, and its halves taken, to be known as too large


class Isolation:
    """Sends texts; what is refused is halved until the texts that are to blame stand alone. Safe to call from threads.

    A size that was refused twice while its halves passed is not tried again.
    send: gives the vectors of texts, repeating once (where the flag says so) a refusal that may be a passing fault;
    raises RefusedError, or UnavailableError of texts that are too many for the time that the service has.
    """

    def __init__(self, send: "Send", service: str) -> None:
        self._send = send
        self._service = service
        self._lock = threading.Lock()
        self._limit: int | None = None
        self._proofs: Counter[int] = Counter()
        self._taken = False  # whether any text of a source was
        self._in_a_row = 0

    def encode(self, texts: Sequence[str], *, source: bool = True) -> "list[Vector | Refused]":
        """Give for each text, in order, its vector or its refusal.

        source: they are texts of a source, not canaries: only those tell whether it is the service that refuses.
        Raises EmbeddingError where a whole first batch is refused, or 64 single texts in a row.
        """
        outcomes = self._split(texts, source=source, first=True)
        refusals = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
        if source and len(refusals) == len(texts) > 1 and not self._taken:
            raise EmbeddingError(
                f"{self._service} refused each of the first {len(texts)} texts, so it is not the texts: "
                f"{refusals[0].reason}"
            )
        return outcomes

    def _split(self, texts: Sequence[str], *, source: bool, first: bool) -> "list[Vector | Refused]":
        if self._limit and len(texts) > self._limit:
            pieces = [texts[start : start + self._limit] for start in range(0, len(texts), self._limit)]
            return [outcome for piece in pieces for outcome in self._split(piece, source=source, first=True)]
        outcome = self._ask(texts, again=first or len(texts) == 1)
        if not isinstance(outcome, str):
            if source:
                self._note_taken()
            return list(outcome)
        if len(texts) == 1:
            if source:
                self._note_refused(outcome)
            return [Refused(outcome)]
        middle = (len(texts) + 1) // 2
        outcomes = [
            half for part in (texts[:middle], texts[middle:]) for half in self._split(part, source=source, first=False)
        ]
        if not any(isinstance(half, Refused) for half in outcomes):
            self._note_too_large(len(texts), middle)
        return outcomes

    def _ask(self, texts: Sequence[str], *, again: bool) -> "Vectors | str":
        """Give the vectors, or the words of the refusal."""
        try:
            return self._send(texts, again)
        except (RefusedError, UnavailableError) as error:
            return str(error)

    def _note_taken(self) -> None:
        with self._lock:
            self._taken = True
            self._in_a_row = 0

    def _note_refused(self, reason: str) -> None:
        with self._lock:
            self._in_a_row += 1
            if self._in_a_row >= IN_A_ROW:
                raise EmbeddingError(
                    f"{self._service} refused {self._in_a_row} texts in a row, so it is not the texts: {reason}"
                )

    def _note_too_large(self, size: int, half: int) -> None:
        with self._lock:
            self._proofs[size] += 1
            if self._proofs[size] >= PROOFS:
                self._limit = min(half, self._limit or half)
