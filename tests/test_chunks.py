"""The payload that applications read, and the names of points."""

import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.chunking import open_chunker
from ingest.chunks import ANSWER, OWN, make_chunks, share_item
from ingest.model import Chunk, Document, Ignored, Skipped, digest_text

CHUNKER = open_chunker(size=120)


def chunks_of(*documents: Document, dataset: str = "faq.xlsx") -> list[Chunk]:
    return [item for item in make_chunks(dataset, documents, CHUNKER) if isinstance(item, Chunk)]


def row(text: str, question: str = "q", number: int = 2, **metadata: Any) -> Document:
    return Document("faq.xlsx", text, question, "", f"row {number}", "FAQ", number, metadata)


@given(st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=5), st.text())
def test_every_point_has_the_contract_and_a_name_of_its_own(texts: list[str], question: str) -> None:
    chunks = chunks_of(*(row(text, question, number) for number, text in enumerate(texts)))
    assert len({chunk.id for chunk in chunks}) == len(chunks)
    for chunk in chunks:
        payload: Any = chunk.payload
        assert uuid.UUID(chunk.id).version == 5
        assert all(isinstance(payload[name], str) for name in ("source", "question", "page_content"))
        assert payload["page_content"] in texts
        assert payload["ingest"]["text"] == chunk.text == digest_text(chunk.embed_text)
        assert "state" not in payload["ingest"]
    assert chunks == chunks_of(*(row(text, question, number) for number, text in enumerate(texts)))


def test_a_name_says_dataset_origin_and_text_and_nothing_else() -> None:
    one = chunks_of(row("an answer", number=2))[0]
    assert chunks_of(row("an answer", number=9, color="red"))[0].id == one.id
    assert chunks_of(row("an answer", number=9))[0].fingerprint != one.fingerprint
    assert chunks_of(row("an answer"), dataset="other")[0].id != one.id
    assert chunks_of(row("another answer"))[0].id != one.id


def test_a_point_of_a_text_holds_its_part_and_one_of_a_row_the_whole_answer() -> None:
    long = " ".join(f"Sentence number {number} stands here." for number in range(20))
    rows, texts = chunks_of(row(long)), chunks_of(Document("a.txt", long))
    assert len(rows) > 1
    assert {chunk.payload["page_content"] for chunk in rows} == {long}
    for chunk in texts:
        metadata: Any = chunk.payload["metadata"]
        assert chunk.payload["page_content"] == long[metadata["start"] : metadata["end"]]
        assert chunk.payload["source"] == "a.txt"


def test_an_answer_too_long_for_a_point_shows_its_part_among_whole_words() -> None:
    words = [f"word{number}" for number in range(2000)]
    long = " ".join(words)
    for chunk in chunks_of(row(long)):
        metadata: Any = chunk.payload["metadata"]
        content = str(chunk.payload["page_content"])
        assert len(content) <= ANSWER
        assert long[metadata["start"] : metadata["end"]] in content
        assert set(content.split()) <= set(words)


def test_our_own_keys_win_over_a_column_of_the_same_name() -> None:
    document = Document("f", "answer", row=2, metadata={**dict.fromkeys(OWN, "theirs"), "rating": 4})
    metadata: Any = chunks_of(document)[0].payload["metadata"]
    assert metadata["rating"] == 4
    assert all(metadata[f"column_{name}"] == "theirs" != metadata[name] for name in OWN)


def test_what_is_no_document_passes_through() -> None:
    items: list[Document | Skipped | Ignored] = [Skipped("a", "", "why"), Ignored("a", "row 2", "why")]
    assert list(make_chunks("d", items, CHUNKER)) == items


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (row("x", "q1", 2), row("y", "q2", 2), True),
        (row("x", "q1", 3), row("y", "q1", 2), True),
        (row("x", "q1", 3), row("y", "q2", 2), False),
        (row("x", "", 3), row("y", "", 2), False),
        (Document("a.md", "# A\n\nx"), Document("a.md", "# A\n\ny"), True),
        (Document("a.md", "# A\n\nx"), Document("a.md", "# B\n\ny"), False),
        (Document("a.md", "x"), Document("a.md", "y"), True),
    ],
)
def test_an_item_is_known_again_by_row_question_or_heading(old: Document, new: Document, same: bool) -> None:
    assert share_item(chunks_of(old)[0].payload, chunks_of(new)[0].payload) is same
