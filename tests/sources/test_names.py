import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sources import names
from ingest.sources.names import normalise, recognise


@given(st.text())
def test_a_normalised_name_stays_as_it_is(name: str) -> None:
    assert normalise(normalise(name)) == normalise(name)


@given(st.text())
def test_any_name_at_all_is_recognised_or_not(name: str) -> None:
    known = recognise(name)
    assert known is None or known[0] in names.ROLES


def test_no_name_means_two_things() -> None:
    meanings: dict[str, set[tuple[str, int]]] = {}
    for name, meaning in names._list_names():
        assert name, meaning
        meanings.setdefault(name, set()).add(meaning)
    assert {name: found for name, found in meanings.items() if len(found) > 1} == {}


@pytest.mark.parametrize(
    ("role", "headers"),
    [
        (
            "question",
            [
                "Câu hỏi thường gặp",
                "cau hoi thuong gap",
                "Frequently Asked Questions",
                "자주 묻는 질문",
                "자주묻는질문",
            ],
        ),
        (
            "question",
            ["Câu hỏi", "Hỏi", "Question", "questions", "질문", "문의", "질의", "Q", "CÂU HỎI:", "cau hoi", "Cau_hoi"],
        ),
        ("page_content", ["Đáp án", "Trả lời", "Câu trả lời", "Nội dung", "answer", "content", "text", "review", "A"]),
        (
            "page_content",
            ["답변", "내용", "본문", "리뷰", "응답", "page_content", "Page Content", "pageContent", "noi dung"],
        ),
        (
            "source",
            [
                "Nguồn",
                "Văn bản nguồn",
                "Căn cứ pháp lý",
                "source",
                "reference",
                "url",
                "출처",
                "근거",
                "can cu phap ly",
            ],
        ),
        (
            "question",
            [
                "Câu hỏi (bắt buộc)",
                "Câu hỏi / Question",
                "Câu hỏi\nQuestion",
                "1. Câu hỏi",
                "(2) Câu  hỏi *",
                "Ｑuestion",
            ],
        ),
        ("page_content", ["내  용", "Nội\ndung", "ĐÁP ÁN", "Answer?", "답변 (필수)", "\ufeffAnswer\u200b", "«Answer»"]),
    ],
)
def test_people_write_names_in_many_ways(role: str, headers: list[str]) -> None:
    for header in headers:
        for form in ("NFC", "NFD", "NFKD"):
            known = recognise(unicodedata.normalize(form, header))
            assert known, header
            assert known[0] == role, header


RESEMBLING = (
    "STT|Ghi chú|Q&A|Loại câu hỏi|질문 유형|Answer date|Người trả lời|Đánh giá|Comments|Văn bản|question_id|label"
)


@pytest.mark.parametrize(
    "header", ["", "Question/Answer", "Nội dung\nghi chú", "Ghi chú (nội dung)", *RESEMBLING.split("|")]
)
def test_what_only_resembles_a_name_is_left_to_a_person(header: str) -> None:
    assert recognise(header) is None


def test_diacritics_that_are_there_must_be_right() -> None:
    assert recognise("Hội") is None
    assert recognise("Hỏi") == recognise("hoi") == ("question", 0)


def test_the_ranks_put_the_closer_name_first() -> None:
    def rank(name: str) -> int:
        known = recognise(name)
        assert known
        return known[1]

    assert rank("page_content") < rank("Đáp án") < rank("Nội dung")
    assert rank("Nguồn") < rank("Căn cứ pháp lý") < rank("URL")
