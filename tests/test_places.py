"""A place that a person names holds what a lawyer would say it holds."""

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.chunking import open_chunker
from ingest.chunks import make_chunks
from ingest.model import Chunk, Document, Payload
from ingest.places import holds, name_place, read_place, strip_marks

LAW = """QUY CHẾ VỀ TIỀN LƯƠNG

Chương I QUY ĐỊNH CHUNG

Điều 1. Phạm vi
Quy chế này áp dụng cho mọi người lao động của Công ty, kể cả người thử việc và người làm việc không trọn thời gian.

Chương II TIỀN LƯƠNG

Điều 8. Tài khoản 3 và kỳ trả lương
1. Tiền lương được trả vào ngày 05 hằng tháng, vào tài khoản mà người lao động đã thông báo bằng văn bản cho Công ty.
2. Công ty không được khấu trừ tiền lương, trừ khi người lao động làm hỏng dụng cụ và đã thỏa thuận về mức đền bù.
3. Tiền lương gồm các khoản sau đây, và mỗi khoản được ghi riêng trên bảng lương gửi cho người lao động hằng tháng:
a) Mức lương theo công việc hoặc chức danh, không thấp hơn mức lương tối thiểu của vùng mà người đó làm việc;
b) Phụ cấp cho điều kiện lao động, tính chất phức tạp của công việc và điều kiện sinh hoạt ở nơi làm việc.

Điều 80. Hiệu lực
Quy chế này có hiệu lực từ ngày ký.
"""
LETTERED = "Điều 5d. Bốn\n1. Năm d.\nd) Một d;\nđ) Một hai đ;\n2. Năm d.\n\nĐiều 5đ. Khác\n1. Năm đ.\n"
RULES = """제2장 신청

제6조(재택근무의 신청) ① 직원은 희망일 3일 전까지 소속 부서장에게 신청서를 제출하여야 한다.
② 신청서에는 다음 각 호의 사항을 적어야 한다.
1. 재택근무 기간과 요일
2. 근무 장소의 주소와 연락처

제6조의2(승인) 부서장은 신청을 받은 날부터 이틀 안에 승인 여부를 알려야 한다.
"""


def payloads_of(text: str, size: int = 300) -> list[Payload]:
    made = make_chunks("laws", [Document("luật.txt", text)], open_chunker(None, size=size, overlap=None))
    return [item.payload for item in made if isinstance(item, Chunk)]


def find(text: str, place: str, *, loose: bool = False, size: int = 300) -> str:
    wanted = read_place(place, loose=loose)
    return "\n".join(str(item["page_content"]) for item in payloads_of(text, size) if holds(wanted, item))


def row(number: int = 12, sheet: str = "Hỏi đáp") -> Payload:
    metadata: Any = {"heading": "", "sheet": sheet, "row": number}
    return {"question": "", "page_content": "12", "metadata": metadata, "ingest": {"item": f"{sheet}!{number}"}}


@pytest.mark.parametrize(
    ("place", "there", "not_there"),
    [
        ("Điều 8", "được trả vào ngày 05", "hiệu lực từ ngày ký"),
        ("điều  8", "Phụ cấp", "áp dụng cho"),
        ("8", "được trả vào ngày 05", "hiệu lực từ ngày ký"),
        ("Điều 80", "hiệu lực từ ngày ký", "được trả vào ngày 05"),
        ("Điều 8 khoản 2", "khấu trừ", "Phụ cấp"),
        ("khoản 2 Điều 8", "khấu trừ", "Phụ cấp"),
        ("Điều 8, khoản 3, điểm b", "Phụ cấp", "khấu trừ"),
        ("điểm b khoản 3 Điều 8", "Phụ cấp", "khấu trừ"),
        ("Điều 8. Tài khoản 3", "được trả vào ngày 05", "hiệu lực từ ngày ký"),
        ("Chương II", "Phụ cấp", "áp dụng cho"),
        ("Chương I", "áp dụng cho", "Phụ cấp"),
    ],
)
def test_a_vietnamese_place(place: str, there: str, not_there: str) -> None:
    found = find(LAW, place)
    assert there in found
    assert not_there not in found


@pytest.mark.parametrize(
    ("place", "there", "not_there"),
    [
        ("제6조", "희망일", "이틀 안에"),
        ("제6조의2", "이틀 안에", "희망일"),
        ("제6조제2항", "각 호의", "이틀 안에"),
        ("제6조 제2항 제1호", "기간과 요일", "이틀 안에"),
        ("제2장", "희망일", "nothing"),
    ],
)
def test_a_korean_place(place: str, there: str, not_there: str) -> None:
    found = find(RULES, place)
    assert there in found
    assert not_there not in found


ACT = """Chapter II
WAGES

Article 8. Payment
1. Wages are paid on the fifth of the month, into the account that the employee has named to the Company in writing.
2. Wages consist of the following, and each is written on a line of its own on the slip that the employee gets:
a) the wage for the work, not less than the least wage of the region where the work is done;
b) allowances for the conditions of the work and of living where it is done.

Article 80. Entry into force
This Act enters into force on the day of its signature.
"""
CHARTER = "Điều thứ nhất. Tên\nTên hội là Hội.\n\nĐiều thứ hai. Trụ sở\nTrụ sở ở Huế.\n"


@pytest.mark.parametrize(
    ("text", "place", "there", "not_there"),
    [
        (ACT, "Article 8", "Wages are paid", "enters into force"),
        (ACT, "article 80", "enters into force", "Wages"),
        (ACT, "8", "allowances", "enters into force"),
        (ACT, "Article 8(1)", "Wages are paid", "enters into force"),
        (ACT, "Article 8(2)(b)", "allowances", "Wages are paid"),
        (ACT, "Chapter II", "allowances", "Huế"),
        (CHARTER, "Điều thứ nhất", "Tên hội", "Trụ sở"),
        (CHARTER, "điều thứ hai", "Huế", "Tên hội"),
    ],
)
def test_an_english_place_and_an_ordinal_one(text: str, place: str, there: str, not_there: str) -> None:
    for loose in (False, True):
        found = find(text, place, loose=loose, size=200)
        assert there in found
        assert not_there not in found


@pytest.mark.parametrize("place", ["제6조", "제6조의2", "제6조제2항", "제6조 제2항 제1호", "제2장"])
def test_a_korean_place_is_found_however_its_number_is_typed(place: str) -> None:
    bare = place.removeprefix("제")
    assert find(RULES, place) == find(RULES, bare) == find(RULES, f"제 {bare[:1]} {bare[1:]}") != ""


@pytest.mark.parametrize("size", [120, 300, 2_000])
@pytest.mark.parametrize("text", [LAW, RULES])
def test_a_loose_place_holds_what_a_strict_one_does_however_it_is_typed(text: str, size: int) -> None:
    for payload in payloads_of(text, size):
        if name := name_place(payload):
            for typed in (name, strip_marks(name), name.upper(), unicodedata.normalize("NFD", name)):
                assert holds(read_place(typed, loose=True), payload), typed


@pytest.mark.parametrize(
    ("text", "place", "there", "not_there"),
    [
        (LAW, "dieu 8", "được trả vào ngày 05", "hiệu lực từ ngày ký"),
        (LAW, "diem b khoan 3 dieu 8", "Phụ cấp", "khấu trừ"),
        (LAW, "tiền lương", "Phụ cấp", "áp dụng cho"),
        (LETTERED, "dieu 5đ", "Năm đ.", "Năm d."),
        (LETTERED, "diem đ khoan 1 dieu 5d", "hai đ", "Năm đ."),
        (LAW, "Hieu luc", "hiệu lực từ ngày ký", "Phụ cấp"),
        (RULES, "승인", "이틀 안에", "희망일"),
    ],
)
def test_a_loose_place(text: str, place: str, there: str, not_there: str) -> None:
    assert find(text, place) == ""
    found = find(text, place, loose=True)
    assert there in found
    assert not_there not in found


@pytest.mark.parametrize("place", ["Điều 5đ", "Thuê", "thuế", "điểm đ khoản 1 Điều 5d", "Dieu 5e"])
def test_no_other_word_and_no_other_label_is_taken_for_what_was_typed_with_marks(place: str) -> None:
    text = "# Thuệ\n\nĐiều 5d. Thuề nhà\n1. Có:\na) Một;\nd) Hai.\n"
    assert find(text, place, loose=True) == ""
    assert find(text, "thue", loose=True)


def test_a_point_of_several_clauses_is_found_without_its_clause() -> None:
    assert "Phụ cấp" in find(LAW, "điểm b Điều 8", size=2_000)
    assert find(LAW, "điểm c Điều 8", size=2_000) == find(LAW, "điểm a Điều 1", size=2_000) == ""


@pytest.mark.parametrize("place", ["Điều 9", "dieu", "khoản 3", "luong tien", "ien luong", "3 và kỳ", "", " ", "..."])
def test_what_is_named_by_no_heading_is_not_even_loosely_there(place: str) -> None:
    assert find(LAW, place, loose=True) == "" or place == "dieu"


@given(st.text("가힣조đĐêẾăô ơư\u0301 aZ9"))
def test_marks_are_all_that_is_stripped(text: str) -> None:
    bare = strip_marks(text)
    assert strip_marks(bare) == bare
    assert not [letter for letter in unicodedata.normalize("NFD", bare) if unicodedata.combining(letter)]
    assert [letter for letter in bare if "가" <= letter <= "힣"] == [
        letter for letter in text if "가" <= letter <= "힣"
    ]


@pytest.mark.parametrize("place", ["Điều 9", "Điều 8 khoản 7", "Điều 1 điểm b", "điểm", "khoản 2", "Chương", ""])
def test_a_place_that_is_not_there_holds_nothing(place: str) -> None:
    assert find(LAW, place) == "" or place == "Chương"


@pytest.mark.parametrize("size", [120, 300, 2_000])
@pytest.mark.parametrize("text", [LAW, RULES, ACT, CHARTER])
def test_every_part_is_found_by_what_it_is_called(text: str, size: int) -> None:
    for payload in payloads_of(text, size):
        if name := name_place(payload):
            assert holds(read_place(name), payload), name


@given(st.integers(1, 10**6), st.sampled_from(["", "Hỏi đáp", "질문!", "Sheet 1"]))
def test_a_row_is_found_by_its_number_and_by_what_it_is_called(number: int, sheet: str) -> None:
    payload = row(number, sheet)
    for place in (str(number), name_place(payload), f"{sheet}!{number}".upper()):
        assert holds(read_place(place), payload)
    assert not holds(read_place(f"{number}0"), payload)
    assert not holds(read_place(f"other!{number}"), payload)


def test_markdown_is_named_by_its_headings() -> None:
    text = "# Handbook\n\n## Leave\n\nTwelve days.\n\n## Leave of absence\n\nNone.\n"
    assert "Twelve" in find(text, "Leave")
    assert "Twelve" not in find(text, "leave of absence")


def test_a_damaged_payload_is_at_no_place() -> None:
    for payload in ({}, {"metadata": None}, {"metadata": {"row": 3}}, {"metadata": {"heading": None}}):
        assert not holds(read_place("Điều 8"), dict(payload))
