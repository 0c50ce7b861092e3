# ruff: noqa: INP001 - each benchmark is run alone, they are no package
"""The vectors of the loopback service: each text has its own, always the same, and cheap to write.

White space counts as one space, since some clients put a space for a line's end before they send a text.
"""

import json
import random
from array import array
from base64 import b64encode
from hashlib import blake2b

DIMENSION = 768
OWN = 32  # numbers at the front of a vector that are the text's own; the others are one of ROWS


def make_rows() -> list[list[float]]:
    """Make the tails of the vectors: 64 of them."""
    dice = random.Random(1)  # the same on every machine
    return [[round(dice.gauss(0, 1), 6) for _ in range(DIMENSION - OWN)] for _ in range(64)]


ROWS = make_rows()
_AS_JSON = [json.dumps(row)[1:].encode() for row in ROWS]
_AS_BYTES = [array("f", row).tobytes() for row in ROWS]


def make_vector(text: str) -> list[float]:
    """Make the vector of a text, DIMENSION numbers of no special length. Two texts are at most 0.99 alike (cosine)."""
    own, row = _split(text)
    return own + ROWS[row]


def write_json(text: str) -> bytes:
    """Write the vector of a text as a list of JSON."""
    own, row = _split(text)
    return json.dumps(own)[:-1].encode() + b", " + _AS_JSON[row]


def write_base64(text: str) -> str:
    """Write the vector of a text as `/v1/embeddings` does: little-endian float32 in base64."""
    own, row = _split(text)
    return b64encode(array("f", own).tobytes() + _AS_BYTES[row]).decode()


def _split(text: str) -> tuple[list[float], int]:
    """Give a text's own numbers, and the number of its row."""
    digest = blake2b(" ".join(text.split()).encode(), digest_size=2 * OWN).digest()
    return [round(number / 2**15 - 1, 6) for number in array("H", digest)], digest[0] % len(ROWS)
