"""What opens a heading, and what looks like one and opens none."""

from collections.abc import Sequence

import pytest

from ingest.chunking import headings
from ingest.chunking.headings import Heading
from ingest.chunking.verbatim import Verbatim


def find_headings(text: str) -> Sequence[Heading]:
    return headings.find_headings(text, Verbatim(text))


TITLES = [
    # Vietnamese
    ("Điều 5. Phạm vi điều chỉnh", "Điều 5. Phạm vi điều chỉnh"),
    ("  Điều 5a: Phạm vi", "Điều 5a: Phạm vi"),
    ("Điều 5.Phạm vi", "Điều 5.Phạm vi"),
    ("Ðiều 5. Phạm vi", "Ðiều 5. Phạm vi"),
    ("ĐIỀU 12. HIỆU LỰC", "ĐIỀU 12. HIỆU LỰC"),
    ("Điêu 8. Phạm vi", "Điêu 8. Phạm vi"),  # read by a scanner
    ("Điều8. Phạm vi", "Điều8. Phạm vi"),
    ("Điều 7", "Điều 7"),
    ("Điều 7.", "Điều 7."),
    ("Điều 7 Giải thích từ ngữ", "Điều 7 Giải thích từ ngữ"),
    ("Điều 7 - Giải thích từ ngữ", "Điều 7 - Giải thích từ ngữ"),
    ("### Điều 8. Quyền", "Điều 8. Quyền"),
    ("**Điều 8. Quyền**", "Điều 8. Quyền"),
    ("**Điều 8.** Quyền", "Điều 8. Quyền"),
    # Consolidated laws have footnotes behind the numbers.
    ("Điều 2.[3] Đối tượng", "Điều 2. Đối tượng"),
    ("Điều 4[5]. Quyền", "Điều 4. Quyền"),
    ("**Điều 39.**<sup>45</sup> Quyền", "Điều 39. Quyền"),
    ("Chương II[1]\nQUYỀN", "Chương II QUYỀN"),
    ("Điều 21.2.LQ.1. Phạm vi", "Điều 21.2.LQ.1. Phạm vi"),
    ("Điều 39.12.NĐ.1.4a. Phạm vi", "Điều 39.12.NĐ.1.4a. Phạm vi"),
    ("Điều thứ nhất", "Điều thứ nhất"),
    ("Điều thứ nhất: Tên của hội", "Điều thứ nhất: Tên của hội"),
    ("Điều thứ 2.", "Điều thứ 2."),
    ("Điều thứ 1\nNước Việt Nam là một nước dân chủ cộng hoà.", "Điều thứ 1"),
    ("ĐIỀU THỨ HAI MƯƠI MỐT. HỘI VIÊN", "ĐIỀU THỨ HAI MƯƠI MỐT. HỘI VIÊN"),
    ("Điều thứ hai Năm học", "Điều thứ hai Năm học"),
    ("Điều thứ một trăm lẻ năm", "Điều thứ một trăm lẻ năm"),
    ("Chương I", "Chương I"),
    ("CHƯƠNG IX. ĐIỀU KHOẢN THI HÀNH", "CHƯƠNG IX. ĐIỀU KHOẢN THI HÀNH"),
    ("Chương II QUY ĐỊNH CHUNG", "Chương II QUY ĐỊNH CHUNG"),
    ("Chương IIa: Bổ sung", "Chương IIa: Bổ sung"),
    ("## Chương 3 – Tổ chức", "Chương 3 – Tổ chức"),
    ("Chương I\n\nNHỮNG QUY ĐỊNH\nCHUNG\nvăn bản", "Chương I NHỮNG QUY ĐỊNH CHUNG"),
    ("Chương I\nQuy định chung\nĐiều khoản này áp dụng", "Chương I Quy định chung"),
    ("## Chương I\n\n## Quy định chung\n", "Chương I Quy định chung"),
    ("Chương I\nđiều này không phải là tiêu đề", "Chương I"),
    ("Chương I\nLuật này quy định về an toàn.", "Chương I"),
    ("Mục 1. HOẠT ĐỘNG", "Mục 1. HOẠT ĐỘNG"),
    ("Mục A: Hoạt động", "Mục A: Hoạt động"),
    ("Tiểu mục 2. Hoạt động", "Tiểu mục 2. Hoạt động"),
    ("Phần thứ nhất", "Phần thứ nhất"),
    ("PHẦN THỨ MƯỜI HAI", "PHẦN THỨ MƯỜI HAI"),
    ("Phần II. TỘI PHẠM", "Phần II. TỘI PHẠM"),
    ("PHỤ LỤC", "PHỤ LỤC"),
    ("Phụ lục số 01", "Phụ lục số 01"),
    ("Phụ lục IV. Biểu mẫu", "Phụ lục IV. Biểu mẫu"),
    # Korean
    ("제1조(목적) 이 법은 안전을 목적으로 한다.", "제1조(목적)"),
    ("제1조(목적)이 법은 안전을 목적으로 한다.", "제1조(목적)"),
    ("제4조의2(특례) ① 신청한다.", "제4조의2(특례)"),
    ("제2조 (정의)", "제2조 (정의)"),
    ("제2조（정의）", "제2조（정의）"),
    ("제3조(도로(고속도로를 포함한다)의 관리) 본문", "제3조(도로(고속도로를 포함한다)의 관리)"),
    ("제8조【정의】 본문", "제8조【정의】"),
    ("제9조 [정의]", "제9조 [정의]"),
    ("제12조", "제12조"),
    ("제16조 삭제 <2017.1.17>", "제16조 삭제 <2017.1.17>"),
    ("### 제24조 비용", "제24조 비용"),
    ("제2장 하천의 지정 등", "제2장 하천의 지정 등"),
    ("제2절 풍수해 <신설 2017.10.24>", "제2절 풍수해"),
    ("## 제1편 총칙", "제1편 총칙"),
    ("제3장의2 벌칙", "제3장의2 벌칙"),
    ("부          칙 <제1234호, 2020.1.1>", "부 칙 <제1234호, 2020.1.1>"),
    ("[별표 1] 과태료의 부과기준", "[별표 1] 과태료의 부과기준"),
    ("■ 도로법 시행령 [별표 4] <개정 2020. 1. 1.>", "■ 도로법 시행령 [별표 4]"),
    ("【별표 5】", "【별표 5】"),
    ("제1조 목적\n본문", "제1조 목적"),
    ("제1조. 목적", "제1조. 목적"),
    # Markdown
    ("# Title", "Title"),
    ("   ###### Title ##", "Title"),
    ("## C#", "C#"),
    ("#\tTitle", "Title"),
    ("## **Bold**", "Bold"),
]


@pytest.mark.parametrize(("text", "title"), TITLES)
@pytest.mark.parametrize("before", ["", "Văn bản trước đó.\n", "본문이다.\n\n"])
def test_a_heading(text: str, title: str, before: str) -> None:
    found = find_headings(before + text)
    assert [heading.title for heading in found] == [title]
    assert found[0].start == len(before)


FRIENDS = [
    # Vietnamese
    "Điều này có nội dung liên quan",
    "Điều khiển xe mô tô",
    "ĐIỀU KHOẢN THI HÀNH",
    "Điều 5, Điều 6 và Điều 7 của Luật này",
    "Điều 5 và Điều 6",
    "Điều 5 của Luật này",
    "Điều thứ yếu",
    "Điều thứ hai là phải chăm chỉ",
    "Điều thứ nhất, thứ hai và thứ ba",
    "theo\nĐiều thứ nhất. Việc này",
    "Điều 5 Luật Đất đai quy định về",
    "Điều 5.1 của hợp đồng",
    "điều 5. chữ thường",
    "(Điều 1 Luật số 20/2008/QH12)",
    "> Điều 5. Văn bản được trích",
    "theo quy định tại\nĐiều 5. Việc này",
    "các khoản 1,\nĐiều 5. Việc này",
    "Chương trình đào tạo",
    "Chương I của Luật này",
    "Mục tiêu của dự án",
    "mục 1. chữ thường",
    "Mục 3 Chương II của Luật này",
    "Phần lớn người lao động",
    "Phần mềm",
    "Phụ lục này gồm",
    "Phụ lục I ban hành kèm theo",
    # Korean
    "제55조부터 제61조까지의 규정",
    "제5조제2항에 따른 신고",
    "제5조 및 제6조의 규정",
    "제5조(정의)에 따른 하천",
    "제5조(정의)의 규정",
    "제5조(정의) 및 제6조(원칙)의 규정",
    "제5조(정의), 제6조(원칙)의 규정",
    "제1장에 따른 신고",
    "제1장 및 제2장의 규정",
    "제3장 규정은 다음의 경우에 적용한다.",
    "제1조 제2항에 따라 신고한다",
    "제1조의 규정은",
    "제1조 단서의 규정에 따른 신고",
    "제1조 각 호의 어느 하나",
    "제1조 및 다른 규정",
    "제1조 목적을 위하여",
    "제1조 목적은 안전이다",
    "제1조 목적 위반",
    "제9조 위반행위",
    "제1항에 따라",
    "부칙 제3조에 따라",
    "[별표 1]에 따른 기준",
    # Markdown
    "#hashtag",
    "####### seven",
    "    # code",
    "# ",
    "text # no heading",
    "```\n# comment\nĐiều 1. Trong mã\n```",
    "~~~~\n# comment\n~~~\n# comment\n~~~~~",
    # quoted amendments
    "Sửa đổi Điều 5 như sau:\n“Điều 5. Phạm vi\nĐiều 5a. Bổ sung\nChương II\n”",
    "Sửa đổi: “Điều 5. Xe “cơ giới” gồm\nĐiều 5a. Bổ sung”.",
    'Sửa đổi Điều 5 như sau:\n"Điều 5. Phạm vi\n1. Xe.\nĐiều 5a. Bổ sung.".\nHết',
]


@pytest.mark.parametrize("text", FRIENDS)
def test_a_false_friend_opens_nothing(text: str) -> None:
    assert list(find_headings(text)) == []
    assert list(find_headings("Lời nói đầu.\n\n" + text)) == []


@pytest.mark.parametrize(
    "unclosed",
    [
        "“chưa đóng\n",
        "đóng thừa”\n",
        "```\n",
        "```\n````a\n~~~\n",
        '"Điều 5" và "Điều 6"\n',
        'ô 5" và 6\n',
        '"Điều 5. Xe\n',
    ],
)
def test_what_is_never_closed_hides_nothing(unclosed: str) -> None:
    found = find_headings(f"{unclosed}Điều 1. Một\nNội dung.\nĐiều 2. Hai\n")
    assert [heading.title for heading in found] == ["Điều 1. Một", "Điều 2. Hai"]


def test_a_quotation_as_long_as_a_law_is_taken_for_a_slip() -> None:
    articles = "".join(f"Điều {number}. Quyền\n{'Nội dung. ' * 200}\n" for number in range(1, 20))
    assert len(find_headings(f"“\n{articles}”")) == 19


def test_a_fence_that_is_closed_ends() -> None:
    found = find_headings("# Một\n```sh\n# hai\n```\n# Ba\n")
    assert [heading.title for heading in found] == ["Một", "Ba"]


def test_a_title_goes_into_a_path_up_to_a_length() -> None:
    heading = find_headings("Điều 1. " + "Luật này quy định về " * 100)[0]
    assert len(heading.title) <= 200
    assert heading.title.endswith("…")


def list_labels(text: str) -> list[str]:
    return [heading.label for heading in find_headings(text)]


def test_an_article_with_an_ordinal_is_cited_by_it() -> None:
    assert list_labels("ĐIỀU THỨ NHẤT\nMột.\nĐiều thứ hai\nHai.\nĐiều thứ 3\nBa.\n") == [
        "Điều thứ nhất",
        "Điều thứ hai",
        "Điều thứ 3",
    ]


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        pytest.param(
            "제1조 목적\n가.\n제2조 정의\n나.\n제4조 급여\n다.\n", ["제1조", "제2조", "제4조"], id="one is gone"
        ),
        pytest.param("제7조 휴일\n가.\n제8조 휴가\n나.\n", ["제7조", "제8조"], id="an excerpt"),
        pytest.param("제1조 목적\n가.\n부칙\n제1조 시행일\n나.\n", ["제1조", "부칙", "제1조"], id="numbered anew"),
        pytest.param(
            "제1조 목적\n가.\n제2조 정의\n나.\n제1조 목적\n다.\n제2조 정의\n라.\n",
            ["제1조", "제2조"] * 2,
            id="two in one text",
        ),
        pytest.param(
            "제1조 목적\n가.\n제3조 특례\n제2조 정의\n나.\n제3조 급여\n", ["제1조", "제2조", "제3조"], id="out of order"
        ),
        pytest.param("제2조(정의) 가.\n제5조 특례\n제3조(급여) 나.\n", ["제2조", "제3조"], id="between sure ones"),
        pytest.param(
            "제2조(정의) 가.\n제3조 급여\n제4조(휴일) 나.\n", ["제2조", "제3조", "제4조"], id="one without brackets"
        ),
        pytest.param("제2조(정의) 가.\n제99조 특례\n나.\n", ["제2조"], id="far away"),
        pytest.param("[별표 1] 과태료\n제12조 신고의무\n50만원\n제15조 보고의무\n", ["별표 1"], id="of a table"),
    ],
)
def test_a_korean_title_without_brackets_opens_where_its_number_is_in_place(text: str, labels: list[str]) -> None:
    assert list_labels(text) == labels
