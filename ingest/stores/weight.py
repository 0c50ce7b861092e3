"""How many bytes a payload is on its way to a server, and whether the server keeps its numbers as they are."""

import json
import math
import re
from collections.abc import Iterator, Mapping

from ingest.errors import StoreError
from ingest.model import Json, Payload

BITS = 63  # of a whole number that Qdrant holds, besides its sign
_LONG = re.compile(r"\d{19}")  # digits of the least whole number that needs more


def weigh(payload: Payload, id_: str) -> int:
    """Give the bytes of a payload as JSON, with the id around it.

    Raises StoreError, which names the point, for a number that is none or that Qdrant does not hold.
    """
    try:
        text = json.dumps(payload, ensure_ascii=False, allow_nan=False)
    except ValueError:  # not a number, or infinite
        text = ""
    if (not text or _LONG.search(text)) and (found := next(_find_unfit(payload, ""), "")):
        own = payload.get("ingest")
        origin, item = (own.get("origin"), own.get("item")) if isinstance(own, Mapping) else ("", "")
        raise StoreError(
            f"point {id_} ({origin}, {item}) can't be stored: its {found}, which Qdrant does not hold as a number. "
            "Write it as text in the source, or leave it out"
        )
    return len(text.encode("utf-8", "surrogatepass")) + 100


def _find_unfit(value: Json, path: str) -> Iterator[str]:
    match value:
        case dict():
            for key, item in value.items():
                yield from _find_unfit(item, f"{path}.{key}" if path else str(key))
        case list() | tuple():
            for item in value:
                yield from _find_unfit(item, f"{path}[]")
        case int() if not -(2**BITS) <= value < 2**BITS:
            yield f"{path} is {value}"
        case float() if not math.isfinite(value):
            yield f"{path} is {value}"
