"""Clauses and points: what counts as one, what is announced, and how a part is cited."""

import pytest

from ingest.chunking.headings import find_headings
from ingest.chunking.items import BULLET, CLAUSE, POINT, SUBPOINT, Outline, find_items
from ingest.chunking.structure import find_units
from ingest.chunking.verbatim import Verbatim
from tests.chunking.texts import split

BODY = "Người lao động có quyền nghỉ phép năm theo quy định của pháp luật về lao động. "
DEPTHS = {CLAUSE: "clause", POINT: "point", SUBPOINT: "subpoint", BULLET: "bullet"}


def outline(text: str) -> Outline:
    verbatim = Verbatim(text)
    [unit] = find_units(text, find_headings(text, verbatim))
    return find_items(text, unit, verbatim)


def list_labels(text: str) -> list[str]:
    return [f"{DEPTHS[item.depth]} {item.label}".rstrip() for item in outline(text).items]


def list_places(text: str, size: int = 120) -> list[str]:
    return [str(part.place.get("citation", "")) for part in split(text, size)]


@pytest.mark.parametrize(
    ("article", "labels"),
    [
        ("Điều 1. A\n1. Một.\n2. Hai.\n2a. Ba.\n3. Bốn.", ["clause 1", "clause 2", "clause 2a", "clause 3"]),
        ("Điều 1. A\n\n**1.** Một.\n\n2) Hai.", ["clause 1", "clause 2"]),
        ("Điều 1. A\n1. Gồm:\na) A;\nb) B;\nđ) C;\n2. Hai.", ["clause 1", "point a", "point b", "point đ", "clause 2"]),
        ("Điều 1. A\na) A;\na1) B;\nb) C.", ["point a", "point a1", "point b"]),
        ("Điều 1. A\n1. Gồm:\na. A;\nb. B.", ["clause 1", "point a", "point b"]),
        ("Điều 1. A\n1. Gồm:\n- A;\n+ B.", ["clause 1", "bullet", "bullet"]),
        ("### Điều 1. A\n\n1. Gồm:\n\n- a) A;\n- b) B.\n\n2\\. Hai.", ["clause 1", "point a", "point b", "clause 2"]),
        ("제1조(목적) ① 하나.\n② 둘.\n③ 셋.", ["clause 1", "clause 2", "clause 3"]),
        # A label that is missing, or mistyped, takes none of those behind it.
        ("Điều 1. A\n1. Một.\n2.Hai.\n3. Ba.", ["clause 1", "clause 2", "clause 3"]),
        ("Điều 1. A\n1. Một.\n2: Hai.\n3. Ba.\na) A;\n4. Bốn.", ["clause 1", "clause 3", "point a", "clause 4"]),
        ("제1조(목적) ① 하나.\n② 둘.\n④ 넷.", ["clause 1", "clause 2", "clause 4"]),
        # One that comes further down is not missing: what stands before it is of another list.
        ("Điều 1. A\n1. Một:\n3. Lạ.\n2. Hai.\n3. Ba.", ["clause 1", "bullet", "clause 2", "clause 3"]),
        ("Điều 1. A\n1. Một.\n9. Lạ.\n2. Hai.", ["clause 1", "bullet", "clause 2"]),
        # Consolidated laws have footnotes behind labels.
        ("Điều 1. A\n1. Một:\na)[4] A;\nb) B.\n2.[3] Hai.", ["clause 1", "point a", "point b", "clause 2"]),
        ("Điều 1. A\n1. Một.\n2.<sup>5</sup> Hai.", ["clause 1", "clause 2"]),
        ("제1조(정의) 뜻은 다음과 같다.\n  1. 하나\n  1의2. 둘\n  2. 셋", ["point 1", "point 1의2", "point 2"]),
        (
            "제1조(일)\n① 다음 각 호와 같다. <개정 2020.1.1>\n1. 다음 각 목\n가. 하나\n나. 둘\n2. 셋\n② 넷",
            ["clause 1", "point 1", "subpoint 가", "subpoint 나", "point 2", "clause 2"],
        ),
        (
            "### 제1조 벌칙\n\n1. 다음 각 호\n\n    1. 하나\n\n    2. 둘\n\n2. 셋",
            ["clause 1", "point 1", "point 2", "clause 2"],
        ),
    ],
)
def test_a_label_in_its_place(article: str, labels: list[str]) -> None:
    assert list_labels(article) == labels


def test_a_clause_in_straight_marks_is_cited_as_none_of_the_article_that_amends() -> None:
    text = (
        "Điều 1. Sửa đổi, bổ sung một số điều của Luật Đất đai\n1. Sửa đổi khoản 1 Điều 5 như sau:\n"
        '"1. Người sử dụng đất có quyền chuyển nhượng theo quy định của pháp luật.\n'
        f'2. Người sử dụng đất có nghĩa vụ nộp thuế theo quy định của pháp luật."\n2. {BODY}'
    )
    [quoted] = [part for part in split(text, 120) if "nghĩa vụ" in text[part.start : part.end]]
    assert quoted.place["citation"] == "Điều 1 khoản 1"
    assert list_places(text)[-1] == "Điều 1 khoản 2"


@pytest.mark.parametrize(
    ("article", "labels"),
    [
        ("Điều 1. A\n1. Một.\n1. Một nữa.\n5. Năm.", ["clause 1", "bullet", "bullet"]),
        ("Điều 1. A\n2009. Năm.\nb) Bê.", ["bullet"]),
        ("Điều 1. Sửa Điều 5 như sau:\n“1. Một.\n2. Hai.”\n1. Ba.", ["clause 1"]),
        ('Điều 1. A\n1. Sửa như sau:\n"1. Một.\n2. Hai.".\n2. Ba.', ["clause 1", "clause 2"]),
        ('Điều 1. A\n1. Sửa như sau:\n  "2a) Một.\n2. Hai.";\n2. Ba.', ["clause 1", "clause 2"]),
        ('Điều 1. A\n1. Sửa như sau:\na) Gồm:\n"đ) Một;\nb) Hai."\nb) Ba.', ["clause 1", "point a", "point b"]),
        ('Điều 1. A\n1. Sửa như sau:\n"1. Một."\n2. Hai.', ["clause 1", "clause 2"]),
        ('Điều 1. A\n1. Xe "1. loại\n2. Hai, "ba"\n3. Bốn "năm".', ["clause 1", "clause 2", "clause 3"]),
        ("Điều 1. A\n1. Gồm:\na) A;\n```\nb) B\n```", ["clause 1", "point a"]),
        ("제1조(일)\n① 하나이다.\n② 둘이다.\n1. 아무 항에도 없는 호", ["clause 1", "clause 2", "bullet"]),
        ("제1조(일)\n① 하나이다.\n② 둘이다.\n1. 하나\n2. 둘\n3. 셋", ["clause 1", "clause 2", *["bullet"] * 3]),
        ("# A\n1. Một.\na) Hai.", ["bullet", "bullet"]),
        ("Điều 1. A\n1.5 triệu đồng\na và b", []),
    ],
)
def test_a_label_out_of_its_place_is_none(article: str, labels: list[str]) -> None:
    assert list_labels(article) == labels


def test_a_part_is_cited_by_what_it_holds() -> None:
    text = f"Điều 8. Quyền\n1. {BODY}\n2. Ngắn.\n3. Gồm:\na) {BODY}\nb) {BODY}\nc) Ngắn;\nd) Ngắn.\n4. {BODY}"
    parts = split(text, 110)
    assert [(part.place["citation"], part.place.get("clause"), part.place.get("point")) for part in parts] == [
        ("Điều 8 khoản 1–2", ["1", "2"], None),
        ("Điều 8 khoản 3 điểm a", "3", "a"),
        ("Điều 8 khoản 3 điểm b", "3", "b"),
        ("Điều 8 khoản 3 điểm c–d", "3", ["c", "d"]),
        ("Điều 8 khoản 4", "4", None),
    ]
    assert {part.place["article"] for part in parts} == {"8"}


def test_an_article_or_a_clause_that_is_whole_is_cited_whole() -> None:
    [part] = split("Điều 8. Quyền\n1. Một.\n2. Hai:\na) A;\nb) B.")
    assert part.place == {"article": "8", "clause": ["1", "2"], "citation": "Điều 8"}
    whole = split(f"Điều 8. Quyền\n1. {BODY * 2}\n2. Hai:\na) {BODY}\nb) B.\n3. {BODY * 2}", 190)[1]
    assert whole.place == {"article": "8", "clause": "2", "point": ["a", "b"], "citation": "Điều 8 khoản 2"}


def test_korean_is_cited_in_korean() -> None:
    body = "지방자치단체의 장은 하천을 관리하기 위하여 필요한 조치를 하여야 한다. " * 2
    points = f"1. {body}\n2. {body}\n3. 다음 각 목\n가. {body}\n나. {body}\n"
    text = f"제6조의2(일) ① {body}\n② 다음 각 호와 같다.\n{points}③ {body}"
    assert list_places(text, 140) == [
        "제6조의2제1항",
        *("제6조의2제2항제1호", "제6조의2제2항제2호", "제6조의2제2항제3호가목", "제6조의2제2항제3호나목"),
        "제6조의2제3항",
    ]
    assert list_places("부 칙 <제1호>\n제1조(시행일) 오늘부터 시행한다.\n[별표 1] 과태료\n표이다.") == [
        "부칙 제1조",
        "별표 1",
    ]


def test_an_annex_and_a_codified_article_are_cited() -> None:
    assert list_places("Phụ lục IV. Biểu mẫu\nMẫu.") == ["Phụ lục IV"]
    assert list_places("Điều 21.2.LQ.1. Phạm vi\nMột.\n# Ghi chú\nHai.") == ["Điều 21.2.LQ.1", ""]


def list_leads(text: str, size: int = 130) -> list[str]:
    """The lines of each prefix under the path."""
    return [part.prefix.partition("\n")[2] for part in split(text, size)]


def test_what_announces_a_list_stands_before_each_part_of_it() -> None:
    text = f"Điều 8. Quyền\nHiểu như sau:\n1. {BODY}\n2. Gồm có:\na) {BODY}\nb) {BODY}\n3. {BODY}"
    both = "Hiểu như sau:\n2. Gồm có:"
    assert list_leads(text, 150) == ["", "Hiểu như sau:", both, "Hiểu như sau:"]


def test_a_lead_in_korean_goes_without_its_revisions() -> None:
    body = "지방자치단체의 장은 하천을 관리하기 위하여 필요한 조치를 하여야 한다. " * 2
    leads = list_leads(f"제2조(정의) 뜻은 다음과 같다. <개정 2009.4.1, 2012.1.17>\n    1. {body}\n    2. {body}", 130)
    assert leads == ["", "뜻은 다음과 같다.", "뜻은 다음과 같다."]


def test_a_list_in_markdown_is_announced_until_it_ends() -> None:
    text = f"# A\n\nGồm:\n\n- {BODY}\n  - {BODY}\n- Cái này gồm:\n  - {BODY}\n- {BODY}\n\nĐoạn sau. {BODY}\n\n- {BODY}"
    assert list_leads(text, 110) == ["", "Gồm:", "Gồm:\n- Cái này gồm:", "Gồm:", "", ""]


def test_a_marked_item_without_an_end_announces_nothing_for_ever() -> None:
    text = f"# A\n\nGồm:\n- {'một hai ba ' * 2_000}"
    leads = list_leads(text, 400)
    assert leads[1] == "Gồm:"
    assert leads[-1] == ""


def test_a_table_goes_on_under_its_header_and_code_stays_whole() -> None:
    rows = "".join(f"| mục {number} | giá của mục {number} là mười đồng |\n" for number in range(9))
    text = f"# A\n\nBảng giá năm nay.\n\n| tên | giá |\n|---|---|\n{rows}\nSau bảng có một đoạn văn. {BODY}\n\n"
    code = f"```sh\n{'echo một hai ba' * 4}\n{'echo bốn' * 3}\n```"
    parts = split(text + code + "\n\nHết.", 130)
    for part in parts:
        held = (text + code)[part.start : part.end]
        goes_on = held.startswith("| mục")
        assert (part.prefix == "A\n| tên | giá |") == goes_on
        assert held.count("```") % 2 == 0
    assert sum("| mục" in text[part.start : part.end] for part in parts) > 2


def test_a_korean_branch_is_cited_behind_what_it_is_a_branch_of() -> None:
    points = "".join(f"  1{branch}. {'이다 ' * 30}\n" for branch in ("", "의2", "의3"))
    places = [part.place for part in split(f"제4조(정의) 뜻은 다음과 같다.\n{points}", 120)]
    assert [place.get("point") for place in places][-2:] == ["1의2", "1의3"]
    assert [place["citation"] for place in places][-2:] == ["제4조제1호의2", "제4조제1호의3"]
