"""Whether a reply is what it should be: a vector for each text, none damaged; and bringing it to unit length."""

from typing import TYPE_CHECKING

from ingest.embedders.failures import refuse_tokens
from ingest.errors import UnavailableError

if TYPE_CHECKING:
    from ingest.model import Vectors

_MATRIX, _TOKENS = 2, 3  # axes: (texts, dimension); (texts, tokens, dimension)


class DamagedError(UnavailableError):
    """Some rows of a reply are unusable: the service hiccuped, or one of the texts always does that to it."""


def read_vectors(reply: object, *, service: str, model: str) -> "Vectors":
    """Make an array of the nested lists of a reply.

    Raises UsageError for a reply by tokens, UnavailableError for anything that is no array of numbers.
    """
    import numpy as np  # noqa: PLC0415 - heavy

    try:
        return np.array(reply, dtype=np.float32)
    except (ValueError, TypeError) as error:
        if _has_lists_of_lists(reply):
            raise refuse_tokens(service, model) from error
        raise UnavailableError(f"{service} gave a reply that holds no vectors") from error


def check(vectors: "Vectors", *, texts: int, dimension: int | None, service: str, model: str) -> "Vectors":
    """Give the rows of a reply at unit length: (texts, dimension) float32.

    dimension: that of the replies before, None before the first.
    Raises UsageError for a reply by tokens, DamagedError for rows that are not finite or zero, UnavailableError for
    another count or dimension.
    """
    import numpy as np  # noqa: PLC0415 - heavy

    if vectors.ndim == _TOKENS:
        raise refuse_tokens(service, model)
    if vectors.ndim != _MATRIX or len(vectors) != texts or not vectors.shape[1]:
        raise UnavailableError(f"{service} gave a reply of shape {vectors.shape} for {texts} texts")
    if dimension not in (None, vectors.shape[1]):
        raise UnavailableError(f"{service} gave vectors of dimension {vectors.shape[1]}, {dimension} before")
    rows = vectors.astype(np.float64)  # squares of large float32 overflow
    lengths = np.sqrt((rows * rows).sum(axis=1))
    damaged = ~np.isfinite(lengths) | (lengths == 0)
    if damaged.any():
        raise DamagedError(f"{service} gave {damaged.sum()} of {texts} vectors that are zero or not finite")
    unit: Vectors = (rows / lengths[:, None]).astype(np.float32)
    return unit


def _has_lists_of_lists(reply: object) -> bool:
    first = reply[0] if isinstance(reply, list) and reply else None
    return isinstance(first, list) and bool(first) and isinstance(first[0], list)
