"""What a payload promises those who search, and whether two payloads say the same. Pure functions."""

import math
from collections.abc import Iterator, Mapping

from ingest.model import Json, Payload, canonical, digest_text

FLOAT = 1e-12  # relative; the engine's JSON reader may give back the float next to the one that was written

# The type of each field, by its path. True and False are no integers here.
_FIELDS: Mapping[str, type] = {
    **dict.fromkeys(("source", "question", "page_content", "metadata.source", "metadata.heading"), str),
    **dict.fromkeys((f"metadata.{name}" for name in ("part", "parts", "start", "end")), int),
    **dict.fromkeys((f"ingest.{name}" for name in ("dataset", "origin", "item", "fingerprint", "text")), str),
}
MARKS = ("state", "written")  # of `ingest`, set on all points of an origin when a run has finished it
_OF_A_ROW: Mapping[str, type] = {"metadata.row": int, "metadata.sheet": str}
_FILLED = ("page_content", "ingest.dataset", "ingest.origin", "ingest.fingerprint", "ingest.text")
_WORDS = {str: "a string", int: "an integer"}


def read_own(payload: Payload) -> Mapping[str, Json]:
    """Give this tool's own bookkeeping of a point; nothing where there is none."""
    return _read_mapping(payload, "ingest")


def find_breach(payload: Payload) -> str | None:
    """Say how a payload breaks the contract; None where it keeps it."""
    return next(_find_breaches(payload), None)


def find_difference(stored: Payload, wanted: Payload) -> str | None:
    """Name the first field that is not what is wanted; the marks of a finished run are none of what a source says."""
    own = {name: value for name, value in read_own(stored).items() if name not in MARKS}
    return _descend({**stored, "ingest": own}, wanted, "")


def _find_breaches(payload: Payload) -> Iterator[str]:
    """Yield what is broken.

    A payload is as it was written only if its digest is its fingerprint. Of one that holds a float that can't be told,
    since another float may come back than was written.
    """
    fields = {**_FIELDS, **_OF_A_ROW} if "row" in _read_mapping(payload, "metadata") else _FIELDS
    for path, kind in fields.items():
        if type(_read(payload, path)) is not kind:
            yield f"{path} is not {_WORDS[kind]}"
    for path in _FILLED:
        if not str(_read(payload, path)).strip():
            yield f"{path} is empty"
    if _read(payload, "metadata.source") != payload["source"]:
        yield "metadata.source is not its source"
    shown = {name: value for name, value in payload.items() if name != "ingest"}
    if not _holds_float(shown) and digest_text(canonical(shown)) != read_own(payload)["fingerprint"]:
        yield "it was changed after it was written: its digest is not its fingerprint"


def _read(payload: Payload, path: str) -> Json:
    room, _, name = path.rpartition(".")
    return _read_mapping(payload, room).get(name) if room else payload.get(name)


def _read_mapping(payload: Payload, name: str) -> Mapping[str, Json]:
    value = payload.get(name)
    return value if isinstance(value, Mapping) else {}


def _holds_float(value: Json) -> bool:
    if isinstance(value, Mapping):
        return any(map(_holds_float, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_holds_float, value))
    return isinstance(value, float)


def _descend(stored: Json, wanted: Json, path: str) -> str | None:
    if not isinstance(stored, Mapping) or not isinstance(wanted, Mapping):
        return None if _equals(stored, wanted) else path
    for name in sorted(stored.keys() | wanted.keys()):
        inner = f"{path}.{name}" if path else name
        if name not in stored or name not in wanted:
            return inner
        if difference := _descend(stored[name], wanted[name], inner):
            return difference
    return None


def _equals(stored: Json, wanted: Json) -> bool:
    if isinstance(stored, list | tuple) and isinstance(wanted, list | tuple):
        return len(stored) == len(wanted) and all(
            _descend(one, other, "item") is None for one, other in zip(stored, wanted, strict=True)
        )
    if isinstance(stored, float) and isinstance(wanted, int | float) and not isinstance(wanted, bool):
        return math.isclose(stored, wanted, rel_tol=FLOAT)
    return type(stored) is type(wanted) and stored == wanted
