"""Units, their paths, and what parts say of them."""

import pytest

from ingest.chunking import open_chunker
from ingest.model import Document
from tests.chunking.texts import show, split

BODY = "Người sử dụng lao động có trách nhiệm bảo đảm an toàn cho người lao động tại nơi làm việc. " * 2


def list_headings(text: str) -> list[str]:
    return list(dict.fromkeys(part.heading for part in split(text)))


def test_a_law_inside_markdown() -> None:
    text = f"""# Luật Lao động

Quốc hội ban hành luật này. {BODY}

## Văn bản

Phần thứ nhất
NHỮNG QUY ĐỊNH CHUNG

Chương I
TỔNG QUAN

Điều 1. Phạm vi
{BODY}
Điều 2. Đối tượng
{BODY}
Chương II
VIỆC LÀM

Mục 1. TUYỂN DỤNG
Điều 3. Tuyển dụng
{BODY}
Mục 2. ĐÀO TẠO
Điều 4. Đào tạo
{BODY}
Phần thứ hai
THI HÀNH
Điều 5. Hiệu lực
{BODY}
Phụ lục I
BIỂU MẪU
{BODY}

## Ghi chú
{BODY}
"""
    law = "Luật Lao động > Văn bản > "
    first = law + "Phần thứ nhất NHỮNG QUY ĐỊNH CHUNG > "
    assert list_headings(text) == [
        "Luật Lao động",
        first + "Chương I TỔNG QUAN > Điều 1. Phạm vi",
        first + "Chương I TỔNG QUAN > Điều 2. Đối tượng",
        first + "Chương II VIỆC LÀM > Mục 1. TUYỂN DỤNG > Điều 3. Tuyển dụng",
        first + "Chương II VIỆC LÀM > Mục 2. ĐÀO TẠO > Điều 4. Đào tạo",
        law + "Phần thứ hai THI HÀNH > Điều 5. Hiệu lực",
        law + "Phụ lục I BIỂU MẪU",
        "Luật Lao động > Ghi chú",
    ]


def test_a_korean_act() -> None:
    text = """# 하천법

## 본문

제1장 총칙

제1조(목적) 이 법은 하천을 관리함을 목적으로 한다.

제2조(정의) 이 법에서 사용하는 용어의 뜻은 다음과 같다.

제2장 관리
제1절 통칙
제3조(관리청) 국가가 관리한다.

제4조 삭제 <2017.1.17>

부          칙 <제1234호, 2020.1.1>
제1조(시행일) 이 법은 공포한 날부터 시행한다.
"""
    act = "하천법 > 본문 > "
    assert list_headings(text) == [
        act + "제1장 총칙 > 제1조(목적)",
        act + "제1장 총칙 > 제2조(정의)",
        act + "제2장 관리 > 제1절 통칙 > 제3조(관리청)",
        act + "제2장 관리 > 제1절 통칙 > 제4조 삭제 <2017.1.17>",
        act + "부 칙 <제1234호, 2020.1.1> > 제1조(시행일)",
    ]


def test_articles_as_markdown_headings() -> None:
    text = (
        f"# Luật\n## Chương I\n### Điều 1. Một\n{BODY}\n#### Ghi chú\n{BODY}\n### Điều 2. Hai\n{BODY}\n## Nguồn\n{BODY}"
    )
    assert list_headings(text) == [
        "Luật > Chương I > Điều 1. Một",
        "Luật > Chương I > Điều 1. Một > Ghi chú",
        "Luật > Chương I > Điều 2. Hai",
        "Luật > Nguồn",
    ]


def test_the_english_handbook() -> None:
    text = "# Handbook\n\nWelcome.\n\n## Leave\n\nTwenty days a year.\n\n## Pay\n\nMonthly.\n"
    assert show(text, split(text)) == [
        ("Handbook", "", "# Handbook\n\nWelcome."),
        ("Handbook > Leave", "Handbook", "## Leave\n\nTwenty days a year."),
        ("Handbook > Pay", "Handbook", "## Pay\n\nMonthly."),
    ]


def test_a_title_with_nothing_under_it_stands_in_the_first_article_and_is_said_by_the_path_of_all() -> None:
    first = "LUẬT GIAO THÔNG\n\nChương I\nQUY ĐỊNH CHUNG\n\nĐiều 1. Phạm vi\nLuật này quy định."
    text = f"{first}\n\nĐiều 2. Đối tượng\nMọi người."
    parts = split(text)
    above = "LUẬT GIAO THÔNG > Chương I QUY ĐỊNH CHUNG"
    assert show(text, parts) == [
        (f"{above} > Điều 1. Phạm vi", above, "Điều 1. Phạm vi\nLuật này quy định."),
        (f"{above} > Điều 2. Đối tượng", above, "Điều 2. Đối tượng\nMọi người."),
    ]
    assert [text[part.start : part.end] for part in parts] == [first, "Điều 2. Đối tượng\nMọi người."]


def test_a_table_of_contents_opens_nothing() -> None:
    contents = "MỤC LỤC\nChương I. Chung\nĐiều 1. Phạm vi\nĐiều 2. Đối tượng\nChương II. Riêng\nĐiều 3. Quyền\n\n"
    chapter = f"Chương I. Chung\nĐiều 1. Phạm vi\n{BODY}\nĐiều 2. Đối tượng\n{BODY}\n"
    law = f"{chapter}CHƯƠNG II\nRIÊNG\nĐiều 3. Quyền\n{BODY}\n"
    for text in (contents + law, contents.replace("\n", " ........ 12\n") + law):
        assert list_headings(text) == [
            "",
            "Chương I. Chung > Điều 1. Phạm vi",
            "Chương I. Chung > Điều 2. Đối tượng",
            "CHƯƠNG II RIÊNG > Điều 3. Quyền",
        ]


ONE_LINE_EACH = "".join(f"Điều {number}. Nhân viên làm việc thứ {number} đúng giờ.\n" for number in range(1, 5))


@pytest.mark.parametrize(
    "below",
    [
        "",
        f"QUY CHẾ\nLÀM VIỆC\nĐiều 1. Phạm vi\n{BODY}\nĐiều 2. Đối tượng\n{BODY}\nĐiều 3. Quyền\n{BODY}\n",
    ],
)
def test_articles_of_one_line_each_are_no_table_of_contents(below: str) -> None:
    parts = split(ONE_LINE_EACH + below)[:4]
    assert [part.place["citation"] for part in parts] == ["Điều 1", "Điều 2", "Điều 3", "Điều 4"]


@pytest.mark.parametrize("contents", [ONE_LINE_EACH, "Điều 1\nĐiều 2\nĐiều 3\nĐiều 4\n"])
def test_a_table_of_contents_above_articles_of_one_line_each(contents: str) -> None:
    text = f"MỤC LỤC\n{contents}{ONE_LINE_EACH}"
    assert [part.place.get("citation") for part in split(text)] == [None, "Điều 1", "Điều 2", "Điều 3", "Điều 4"]


def test_repealed_articles_in_a_row_are_no_table_of_contents() -> None:
    korean = "".join(f"제{number}조 삭제 <2017.1.17>\n\n" for number in range(3, 9))
    vietnamese = "".join(f"Điều {number}. (được bãi bỏ)\n" for number in range(3, 9))
    assert len(split(korean)) == len(split(vietnamese)) == 6


def test_what_closes_a_law_is_none_of_its_last_article() -> None:
    law = "LUẬT\nNHÀ Ở\nĐiều 1. Một\nNội dung.\n"
    for closing in ("Luật này đã được Quốc hội khóa XII thông qua ngày 13 tháng 11 năm 2008.", "Nơi nhận:\n- Lưu: VT."):
        assert show(law + closing, split(law + closing))[1:] == [("LUẬT NHÀ Ở", "LUẬT NHÀ Ở", closing)]


@pytest.mark.parametrize(
    ("top", "law"),
    [
        ("LUẬT\nNHÀ Ở\n", "LUẬT NHÀ Ở"),
        ("BỘ LUẬT LAO ĐỘNG\n", "BỘ LUẬT LAO ĐỘNG"),
        ("NGHỊ ĐỊNH\nQuy định chi tiết Luật Nhà ở\nCăn cứ Luật Nhà ở;\n", "NGHỊ ĐỊNH Quy định chi tiết Luật Nhà ở"),
        ("QUY CHẾ\nSố: 01/2025\nVỀ LAO ĐỘNG\n", "QUY CHẾ VỀ LAO ĐỘNG"),
        ("하천법\n\n[시행 2024. 1. 1.] [법률 제1호]\n\n", "하천법"),
        ("하천법 시행령\n\n제1장 총칙\n", "하천법 시행령 > 제1장 총칙"),
    ],
)
def test_the_title_of_a_law_is_the_outermost(top: str, law: str) -> None:
    text = f"Chú thích ở trên.\n\n{top}Điều 1. Một\nNội dung.\n"
    assert list_headings(text)[-1] == f"{law} > Điều 1. Một"


@pytest.mark.parametrize(
    "line", ["QUYẾT ĐỊNH:", "Luật này quy định.", "NGHỊ ĐỊNH", "LUẬT SƯ nói.", "이 법", "도로법 시행령이다"]
)
def test_what_looks_like_the_title_of_a_law(line: str) -> None:
    text = f"{line}\nĐiều 1. Một\nNội dung.\n"
    assert list_headings(text)[-1] == "Điều 1. Một"


def test_a_number_that_a_converter_left_is_a_wall_without_a_title() -> None:
    text = f"Điều 1. Một\n{BODY}\n### 2100200000000000800007880270370015000110\n\nĐiều 2. Hai\n{BODY}\n"
    assert list_headings(text) == ["Điều 1. Một", "Điều 2. Hai"]


def test_a_long_preamble_stands_alone() -> None:
    text = f"{BODY}\nĐiều 1. Phạm vi\nLuật này."
    assert [heading for heading, _, _ in show(text, split(text))] == ["", "Điều 1. Phạm vi"]


def test_the_first_part_does_not_say_its_own_heading_twice() -> None:
    text = f"# Luật\n\nLời.\n\n## Chương I. Chung\n\nĐiều 1. Phạm vi\n{BODY * 4}"
    parts = show(text, split(text))
    above = "Luật > Chương I. Chung"
    assert [prefix for _, prefix, _ in parts][:3] == ["", above, f"{above} > Điều 1. Phạm vi"]
    assert parts[1][2].startswith("Điều 1. Phạm vi\nNgười")


def test_headings_are_not_left_alone_in_front_of_a_long_paragraph() -> None:
    title = "MỘT TIÊU ĐỀ DÀI VỀ TRÁCH NHIỆM CỦA CÁC CƠ QUAN NHÀ NƯỚC Ở TRUNG ƯƠNG VÀ ĐỊA PHƯƠNG"
    text = f"Chương I\n{title}\n\nĐiều 1. Phạm vi\n\n"
    first = split(text + BODY * 5)[0]
    assert first.end > len(text)


def test_a_path_that_does_not_fit_keeps_its_innermost_title() -> None:
    outer = "Luật " + "rất dài " * 15
    text = f"# {outer}\n\n## Chương II. Nghĩa vụ\n\nĐiều 7. Quyền của người lao động\n{BODY * 3}"
    part = split(text, 200)[-1]
    assert part.heading == f"{outer.strip()} > Chương II. Nghĩa vụ > Điều 7. Quyền của người lao động"
    assert part.prefix.startswith("Luật rất")
    assert part.prefix.endswith("… > Chương II. Nghĩa vụ > Điều 7. Quyền của người lao động")
    assert len(part.prefix) <= 100


ANSWER = f"Theo quy định:\nĐiều 5. Thời giờ làm việc\n{BODY}\nĐiều 6. Nghỉ ngơi\n{BODY}"


def test_an_answer_stands_behind_its_question_without_a_path() -> None:
    question = "Thời giờ làm việc\n là bao lâu?"
    parts = open_chunker(size=300).split(Document("a.xlsx", ANSWER, question=question, sheet="FAQ", row=3))
    assert len(parts) > 1
    assert {(part.heading, part.prefix) for part in parts} == {("", "Thời giờ làm việc là bao lâu?")}
    assert any(ANSWER[part.start :].startswith("Điều 6.") for part in parts)


def test_an_answer_that_fits_is_one_part_behind_its_question() -> None:
    answer = "Điều 5. Một.\nĐiều 6. Hai.\n# Ba"
    parts = open_chunker().split(Document("a.xlsx", answer, question="Gì?", row=3))
    assert [(part.start, part.end) for part in parts] == [(0, 0), (0, len(answer))]


@pytest.mark.parametrize("document", [Document("a", ANSWER, row=3), Document("a", ANSWER, question="  ", row=3)])
def test_a_row_without_a_question_has_no_prefix(document: Document) -> None:
    assert {part.prefix for part in open_chunker(size=200).split(document)} == {""}


def test_a_long_question_is_cut_at_half_of_the_budget() -> None:
    question = "Người lao động có được nghỉ phép năm hay không " * 20
    part = open_chunker(size=100).split(Document("a", BODY, question=question, row=1))[-1]
    assert part.prefix == "Người lao động có được nghỉ phép năm hay không…"


def test_a_repeated_title_of_another_section_is_another_path() -> None:
    text = f"# A\n## Chung\n{BODY}\n# B\n## Chung\n{BODY}"
    assert list_headings(text) == ["A > Chung", "B > Chung"]


NAMED = "---\ntitle: Luật Đất đai\n---\n"


def test_what_a_file_is_called_stands_above_its_headings() -> None:
    text = f"{NAMED}Lời nói đầu.\n\nĐiều 1. Phạm vi\n{BODY}\nĐiều 2. Quyền\n{BODY}"
    parts = open_chunker(size=400).split(Document("a.md", text))
    assert [(part.heading, part.prefix) for part in parts] == [
        ("Luật Đất đai", "Luật Đất đai"),
        ("Luật Đất đai > Điều 1. Phạm vi", "Luật Đất đai"),
        ("Luật Đất đai > Điều 2. Quyền", "Luật Đất đai"),
    ]
    unnamed = open_chunker(size=400).split(Document("a.txt", text))
    assert not any("Luật Đất đai" in part.prefix for part in unnamed)


@pytest.mark.parametrize("title", ["# LUẬT ĐẤT ĐAI 2024", "LUẬT\nĐẤT ĐAI", "# Luật *Đất đai*"])
def test_what_a_heading_says_is_not_said_twice(title: str) -> None:
    text = f"{NAMED}Lời nói đầu.\n\n{title}\n\nĐiều 1. Phạm vi\n{BODY}"
    first, *others = open_chunker(size=400).split(Document("a.md", text))
    assert first.prefix == "Luật Đất đai"
    assert all(part.heading.casefold().count("đất đai") == 1 for part in others)
