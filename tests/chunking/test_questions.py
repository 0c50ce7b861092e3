"""A question stands alone in a part of its own, then whole before its answer wherever both have room."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.chunking import open_chunker
from ingest.model import Document

SIZE = 400
WORDS = st.lists(st.sampled_from(["phạt", "tiền", "xe", "질문", "điều"]), min_size=1, max_size=70).map(" ".join)


@given(WORDS, WORDS, st.sampled_from(["", "giao thông"]))
def test_both_are_whole_where_they_fit_together(question: str, answer: str, context: str) -> None:
    document = Document("faq.xlsx", answer, question, row=2, context=context)
    parts = open_chunker(size=SIZE).split(document)
    asked = f"{question} {context}".strip()
    if len(asked) + 1 + len(answer) <= SIZE:
        assert [(part.prefix, part.start, part.body, part.end) for part in parts] == [
            (asked, 0, 0, 0),
            (asked, 0, 0, len(answer)),
        ]
    else:
        alone = [part for part in parts if part.body == part.end]
        assert [part for part in parts if part.body < part.end] == parts[len(alone) :]
        assert (len(alone) == 1) == (len(asked) <= SIZE)
        assert all(len(part.prefix) <= SIZE // 2 for part in parts[len(alone) :])


@given(WORDS, WORDS, st.sampled_from(["", "giao thông"]), st.integers(40, 300))
def test_every_word_of_a_question_is_embedded_in_its_order(question: str, answer: str, context: str, size: int) -> None:
    parts = open_chunker(size=size).split(Document("faq.xlsx", answer, question, row=2, context=context))
    asked = f"{question} {context}".strip()
    alone = [part for part in parts if part.body == part.end]
    assert alone == list(parts)[: len(alone)] != []
    assert " ".join(part.prefix for part in alone) == asked
    assert all(len(part.prefix) == part.size <= size for part in alone)
    assert all((part.start, part.end) == (0, 0) for part in alone)
    covered = [answer[part.body : part.end] for part in parts if part.body < part.end]
    assert " ".join(covered) == answer


def test_an_answer_without_a_question_has_nothing_that_stands_alone() -> None:
    parts = open_chunker(size=SIZE).split(Document("faq.xlsx", "phạt tiền " * 100, row=2))
    assert len(parts) > 1
    assert all(part.body < part.end for part in parts)
