"""A question stands whole before its answer wherever both have room."""

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
        assert [(part.prefix, part.start, part.end) for part in parts] == [(asked, 0, len(answer))]
    else:
        assert all(len(part.prefix) <= SIZE // 2 for part in parts)
