"""Cut documents into parts that an embedding model can read whole.

A text is read as `headings`, the headings make `structure` of it (units with a path), a unit is `packed` into parts at
the best `boundaries`, and `prefixes` says of each part where it stands. Quoted and fenced text opens no heading
(`verbatim`).
"""

from collections.abc import Mapping

from ingest.chunking.chunker import TextChunker
from ingest.errors import UsageError
from ingest.model import Json
from ingest.protocols import Chunker

VERSION = 1  # of where the cuts fall: recorded with a dataset, so that an upgrade does not embed everything anew
UNIT = "characters"
SIZE = 400
OVERLAP = 0
LEAST = 40  # a smaller part says nothing beside its prefix

__all__ = ["OVERLAP", "SIZE", "open_chunker"]


def open_chunker(
    settings: Mapping[str, Json] | None = None, *, size: int | None = None, overlap: int | None = None
) -> Chunker:
    """Make the chunker of a dataset: as it was recorded, else as it is given, else by default.

    settings: what the chunker of an earlier run gave as `settings`; None or {} to cut anew.
    size: most characters of an embedded text, its prefix included.
    overlap: most characters that a part repeats of the one before.
    Raises UsageError for a value that cannot be used, or that is not the recorded one.
    """
    recorded = dict(settings or {})
    version, unit = recorded.get("version", VERSION), recorded.get("unit", UNIT)
    if version != VERSION or unit != UNIT:
        message = (
            f"the dataset was cut by version {version!r} in {unit!r}; this one cuts by version {VERSION} in {UNIT!r}: "
            "use the version of create-vector-db that made it, or cut it anew with --rechunk"
        )
        raise UsageError(message)
    for name, given in (("size", size), ("overlap", overlap)):
        if given is not None and recorded.get(name, given) != given:
            message = (
                f"the dataset was cut with a chunk {name} of {recorded[name]}, not {given}: leave --chunk-{name} out, "
                "or cut it anew with --rechunk, which embeds every text that is cut otherwise"
            )
            raise UsageError(message)
    chosen_size = _read("chunk size", recorded.get("size", SIZE) if size is None else size)
    chosen_overlap = _read("chunk overlap", recorded.get("overlap", OVERLAP) if overlap is None else overlap)
    if chosen_size < LEAST:
        message = f"chunk size {chosen_size} is too small: give at least {LEAST} characters"
        raise UsageError(message)
    if not 0 <= chosen_overlap < chosen_size / 2:
        most = (chosen_size - 1) // 2
        message = f"chunk overlap {chosen_overlap} does not fit a chunk size of {chosen_size}: give 0 to {most}"
        raise UsageError(message)
    record: dict[str, Json] = {"version": VERSION, "unit": UNIT, "size": chosen_size, "overlap": chosen_overlap}
    return TextChunker(chosen_size, chosen_overlap, record)


def _read(name: str, value: Json) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    message = f"{name} {value!r} is not a whole number of characters"
    raise UsageError(message)
