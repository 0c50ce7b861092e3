"""Cut documents into parts that an embedding model can read whole.

A text is read as `headings`, the headings make `structure` of it (units with a path), and what a unit is made of are
`items` and `tables`. A unit is packed into parts at the best `boundaries` (`packing`), within one of the `sizes`, that
one of the `sizers` measures; `prefixes` tells the model of each part where it stands, and `citations` the reader.
Quoted and fenced text opens nothing (`verbatim`).
"""

from collections.abc import Mapping

from ingest.chunking.chunker import TextChunker
from ingest.chunking.sizers import Characters, Estimate, Sizer, Tokens
from ingest.chunking.sizes import CHARACTERS, ESTIMATED, TOKENS, Size, choose_size, read_size
from ingest.errors import UsageError
from ingest.model import Json
from ingest.protocols import Chunker, Window

VERSION = 2  # of where the cuts fall: recorded with a dataset, so that an upgrade does not embed everything anew
UNITS = (CHARACTERS, TOKENS, ESTIMATED)
OVERLAP = 0
LEAST = 16  # tokens that a part needs beside what the model adds

__all__ = ["OVERLAP", "open_chunker", "read_size"]


def open_chunker(
    settings: Mapping[str, Json] | None = None,
    *,
    size: int | str | None = None,
    overlap: int | None = None,
    window: Window | None = None,
) -> Chunker:
    """Make the chunker of a dataset: as it was recorded, else as it is given, else by the model's window.

    settings: what the chunker of an earlier run gave as `settings`; None or {} to cut anew.
    size: most characters of an embedded text, its prefix included; or most tokens, as "126t", those included that the
    model adds.
    overlap: most characters that a part repeats of the one before.
    window: what the model reads of a text; None where that has no end. Its tokenizer is fetched where tokens are to be
    counted and it can be. Another one than recorded counts from now on, and the settings still name the one recorded.
    Raises UsageError for a value that cannot be used or is not the recorded one, and for tokens that nothing counts.
    """
    recorded = dict(settings or {})
    version, unit = recorded.get("version", VERSION), recorded.get("unit", CHARACTERS)
    if version != VERSION or unit not in UNITS:
        message = (
            f"the dataset was cut by version {version!r} in {unit!r}; this one cuts by version {VERSION} in "
            f"{CHARACTERS!r} or {TOKENS!r}: use the version of create-vector-db that made it, or cut it anew with "
            "--rechunk"
        )
        raise UsageError(message)
    given_size = None if size is None else read_size(size)
    former_size = Size(_read("chunk size", recorded["size"]), str(unit)) if "size" in recorded else None
    former_overlap = _read("chunk overlap", recorded["overlap"]) if "overlap" in recorded else None
    _refuse_change("size", former_size, given_size)
    _refuse_change("overlap", former_overlap, overlap)
    asked = former_size or given_size
    if window and window.fetch and isinstance(window.tokenizer, str) and (asked is None or asked.unit == TOKENS):
        window = window.fetch()
    chosen_size = asked or choose_size(window)
    chosen_overlap = overlap if overlap is not None else former_overlap or OVERLAP
    most = chosen_size.most_overlap
    if not 0 <= chosen_overlap <= most:
        message = f"chunk overlap {chosen_overlap} does not fit a chunk size of {chosen_size}: give 0 to {most}"
        raise UsageError(message)
    record: dict[str, Json] = {
        "version": VERSION,
        "unit": chosen_size.unit,
        "size": chosen_size.number,
        "overlap": chosen_overlap,
    }
    digest = recorded.get("tokenizer") if former_size else window.digest if window else ""
    if digest and chosen_size.unit == TOKENS:
        record["tokenizer"] = digest
    sizer = _open_sizer(chosen_size, window, recorded=former_size is not None)
    return TextChunker(sizer, chosen_overlap, record, window)


def _open_sizer(size: Size, window: Window | None, *, recorded: bool) -> Sizer:
    """Open what measures a size. recorded: the dataset was cut by it before."""
    if size.unit == CHARACTERS:
        return Characters(size.number)
    prefix = window.prefix if window else ""
    if size.unit == ESTIMATED:
        sizer: Sizer = Estimate(size.number, prefix)
    elif window and not isinstance(window.tokenizer, str):
        sizer = Tokens(size.number, window.tokenizer, prefix)
    else:
        raise UsageError(_miss_tokenizer(size, window, recorded=recorded))
    if size.number - (taken := sizer.measure("")) < LEAST:
        message = (
            f"chunk size {size} leaves no room: {taken} of them are what the model wants around a text. Give at least "
            f"{taken + LEAST}t"
        )
        raise UsageError(message)
    return sizer


def _miss_tokenizer(size: Size, window: Window | None, *, recorded: bool) -> str:
    """Say what a tokenizer is missing for, and the ways out."""
    wanted = f"the dataset was cut into chunks of {size}" if recorded else f"--chunk-size {size.number}t counts tokens"
    other = "or cut it anew by characters: --rechunk" if recorded else "or give characters, as --chunk-size 400"
    if window is None:
        return f"{wanted}, and the model has no tokenizer: {other.removeprefix('or ')}"
    fetch = f"fetch it once (hf download {window.model} tokenizer.json), " if window.model else ""
    return f"{wanted}, and {window.tokenizer}: {fetch}name a folder that has it (--embedder local:FOLDER), {other}"


def _refuse_change(name: str, former: Size | int | None, given: Size | int | None) -> None:
    """Raise UsageError for another size or overlap than the recorded one."""
    if former is not None and given is not None and former != given:
        message = (
            f"the dataset was cut with a chunk {name} of {former}, not {given}: leave --chunk-{name} out, "
            "or cut it anew with --rechunk, which embeds every text that is cut otherwise"
        )
        raise UsageError(message)


def _read(name: str, value: Json) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    message = f"{name} {value!r} is not a whole number"
    raise UsageError(message)
