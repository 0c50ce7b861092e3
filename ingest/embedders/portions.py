"""How texts go into requests: no more than the service takes, by their number and by the bytes of the body."""

import json
from collections.abc import Iterator, Sequence

from ingest.protocols import Limits

ENVELOPE = 1_000  # bytes of a body besides its texts, at most


def divide(texts: Sequence[str], limits: Limits) -> Iterator[Sequence[str]]:
    """Give the texts in order, in as few portions as the limits allow; a text that is over them alone goes alone."""
    most = limits.texts or len(texts)
    room = limits.bytes - ENVELOPE if limits.bytes else None
    start = size = 0
    for index, text in enumerate(texts):
        size += (added := count_bytes(text) if room else 0)
        if index > start and (index - start >= most or (room and size > room)):
            yield texts[start:index]
            start, size = index, added
    if texts:
        yield texts[start:]


def count_bytes(text: str) -> int:
    """Count the bytes of a text in a JSON array, with its comma: escaped to ASCII, as some clients send it."""
    return len(json.dumps(text)) + 2
