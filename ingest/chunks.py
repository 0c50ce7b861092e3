"""From documents to the points that are wanted: the embedded text, the payload, the name."""

from collections.abc import Iterable, Iterator, Mapping

from ingest.chunking.front_matter import find_front_matter
from ingest.model import (
    Chunk,
    Columns,
    Document,
    Ignored,
    Json,
    Noted,
    Part,
    Payload,
    Skipped,
    canonical,
    digest_text,
    make_mark,
    name_point,
)
from ingest.ordinals import Ordinals
from ingest.places import read_metadata
from ingest.protocols import Chunker

ANSWER = 4_000  # characters of a row's answer that stand in each of its points: a third of an answer is a wrong answer
OWN = (
    *("source", "heading", "article", "clause", "point", "citation"),
    *("sheet", "row", "part", "parts", "start", "end"),
)


def make_chunks(
    dataset: str, records: Iterable[Columns | Document | Skipped | Ignored | Noted], chunker: Chunker
) -> Iterator[Chunk | Skipped | Ignored | Noted]:
    """Cut the documents of one origin and name their parts; what is skipped, ignored or noted passes through."""
    seen = Ordinals()
    for record in records:
        if isinstance(record, Columns):
            continue
        if not isinstance(record, Document):
            yield record
            continue
        parts = chunker.split(record)
        described = {**record.metadata, **find_front_matter(record).metadata}
        for number, part in enumerate(parts, start=1):
            embed_text = _join(part.prefix, record.text[part.body : part.end])
            text = digest_text(embed_text)
            payload = _describe(record, part, number, len(parts), described)
            fingerprint = digest_text(canonical(payload))
            payload["ingest"] = {
                "dataset": dataset,
                "origin": record.origin,
                "item": f"{record.sheet}!{record.row}" if record.row is not None else part.heading,
                "fingerprint": fingerprint,
                "text": text,
            }
            yield Chunk(
                id=name_point(dataset, record.origin, embed_text, seen.draw(text)),
                origin=record.origin,
                where=record.where or part.heading or f"character {part.start}",
                embed_text=embed_text,
                text=text,
                fingerprint=fingerprint,
                payload=payload,
                size=part.size,
            )


def mark(chunk: Chunk, state: str, written: str) -> None:
    """Say in a chunk's payload in which state its origin is, and when it was written, ISO 8601."""
    own = chunk.payload["ingest"]
    assert isinstance(own, dict)  # noqa: S101 - as it was made
    own |= make_mark(state, written)


def share_item(stored: Payload, failed: Payload) -> bool:
    """Say whether a stored point may be an older version of an item that failed: same row, question or heading.

    Both are of the same origin. A text without headings cannot be told apart, so all of it counts as one item.
    """
    old, new = read_metadata(stored), read_metadata(failed)
    if "row" not in new:
        return old.get("heading") == new.get("heading")
    same_row = (old.get("sheet"), old.get("row")) == (new.get("sheet"), new.get("row"))
    return same_row or (stored.get("question") == failed["question"] != "")


def _join(prefix: str, text: str) -> str:
    return f"{prefix}\n{text}" if prefix and text else prefix or text


def _describe(document: Document, part: Part, number: int, parts: int, described: Mapping[str, Json]) -> Payload:
    is_row = document.row is not None
    is_answer = is_row or bool(document.question)  # as the chunker says
    source = document.source or document.origin
    metadata: dict[str, Json] = {
        "source": source,
        "heading": part.heading,
        **part.place,
        "part": number,
        "parts": parts,
        "start": part.start,
        "end": part.end,
    }
    if is_row:
        metadata |= {"sheet": document.sheet, "row": document.row}
    for name, value in described.items():
        metadata[f"column_{name}" if name in OWN else name] = value
    return {
        "source": source,
        "question": document.question,
        "page_content": _show_answer(document.text, part) if is_answer else document.text[part.start : part.end],
        "metadata": metadata,
    }


def _show_answer(text: str, part: Part) -> str:
    """Give the whole answer, or as much of a longer one as may stand in a point: whole words around the part."""
    if len(text) <= ANSWER:
        return text
    start = max(0, min((part.start + part.end - ANSWER) // 2, len(text) - ANSWER))
    end = start + ANSWER
    while start < part.start and not text[start - 1 : start].isspace() and start:
        start += 1
    while end > part.end and not text[end : end + 1].isspace() and end < len(text):
        end -= 1
    return text[start:end].strip()
