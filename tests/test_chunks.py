"""The payload that applications read, and the names of points."""

import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.chunking import open_chunker
from ingest.chunks import ANSWER, OWN, make_chunks, share_item
from ingest.model import Chunk, Document, Ignored, Noted, Skipped, digest_text

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
    alone, one = chunks_of(row("an answer", number=2))
    assert [chunk.id for chunk in chunks_of(row("an answer", number=9, color="red"))] == [alone.id, one.id]
    assert chunks_of(row("an answer", number=9))[1].fingerprint != one.fingerprint
    assert chunks_of(row("an answer"), dataset="other")[1].id != one.id
    other_alone, other = chunks_of(row("another answer"))
    assert (other_alone.id, other.id != one.id) == (alone.id, True), "its question is what it was"


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
    assert all(metadata[f"column_{name}"] == "theirs" != metadata.get(name) for name in OWN)


def test_front_matter_is_metadata_of_every_part_and_text_of_none() -> None:
    text = f"---\ntitle: Luật\nyear: 2024\nsource: mạng\ntags:\n  - đất\n  - nhà\n---\n\n# A\n{'Một câu. ' * 30}"
    chunks = chunks_of(Document("a.md", text, metadata={"year": 1999}))
    assert len(chunks) > 1
    for chunk in chunks:
        metadata: Any = chunk.payload["metadata"]
        assert {
            "title": "Luật",
            "year": 2024,
            "column_source": "mạng",
            "tags": ["đất", "nhà"],
        }.items() <= metadata.items()
        assert metadata["source"] == "a.md"
        assert "---" not in chunk.embed_text


@pytest.mark.parametrize("name", ["a.txt", "a.md"])
def test_questions_between_two_rules_are_text(name: str) -> None:
    text = "---\nHỏi: Mức phạt?\nĐáp: 200.000 đồng\nHỏi: Còn xe máy?\nĐáp: 100.000 đồng\n---\nHỏi: Ai trả?"
    [chunk] = chunks_of(Document(name, text))
    assert chunk.payload["page_content"] == text
    assert "Đáp" not in dict(chunk.payload["metadata"])  # type: ignore[arg-type]


def test_a_row_that_looks_like_front_matter_is_an_answer() -> None:
    [chunk] = chunks_of(row("---\na: 1\n---\nb", question=""))
    assert chunk.payload["page_content"] == "---\na: 1\n---\nb"
    assert "a" not in dict(chunk.payload["metadata"])  # type: ignore[arg-type]


def test_a_part_of_a_law_says_where_it_stands_and_the_titles_above_it_are_embedded_once() -> None:
    text = f"Chương I\nCHUNG\n\nĐiều 8. Quyền\n1. Một.\n2. Gồm:\na) {'x ' * 30};\nb) {'y ' * 30}.\n"
    first, *_, last = chunks_of(Document("a.txt", text))
    assert str(first.payload["page_content"]).startswith("Chương I\nCHUNG\n\nĐiều 8. Quyền")
    assert first.embed_text.startswith("Chương I CHUNG\nĐiều 8. Quyền\n")
    metadata: Any = last.payload["metadata"]
    assert (metadata["article"], metadata["clause"], metadata["point"]) == ("8", "2", "b")
    assert metadata["citation"] == "Điều 8 khoản 2 điểm b"
    assert metadata["heading"] == "Chương I CHUNG > Điều 8. Quyền"
    assert last.embed_text.startswith("Chương I CHUNG > Điều 8. Quyền\n2. Gồm:\nb) y")


def test_what_is_no_document_passes_through() -> None:
    items: list[Document | Skipped | Ignored | Noted] = [
        Skipped("a", "", "why"),
        Ignored("a", "row 2", "why"),
        Noted("a", "", "what"),
    ]
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


def test_context_is_embedded_behind_the_question_before_each_part_and_gives_way_first() -> None:
    parts = chunks_of(Document("f", "một câu trả lời. " * 20, "Hỏi gì?", row=2, context="Học phí; 2024"))
    assert len(parts) > 1
    assert {part.embed_text.partition("\n")[0] for part in parts} == {"Hỏi gì? Học phí; 2024"}
    assert {part.payload["question"] for part in parts} == {"Hỏi gì?"}
    *alone, cut = chunks_of(Document("f", "a", "Hỏi gì?", row=2, context="dài " * 100))
    assert cut.embed_text.startswith("Hỏi gì? dài")
    assert cut.embed_text.endswith("…\na")
    assert " ".join(part.embed_text for part in alone) == f"Hỏi gì? {'dài ' * 100}".strip()
    assert {part.payload["page_content"] for part in alone} == {"a"}
    assert all(len(part.embed_text) <= 120 for part in (*alone, cut))
