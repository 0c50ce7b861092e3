"""Amendments without quotation marks open nothing, and what only looks like one opens what it did."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.chunking.amendments import find_amendments
from ingest.chunking.chunker import TextChunker
from ingest.chunking.headings import find_headings
from ingest.chunking.items import CLAUSE, find_items
from ingest.chunking.sizers import Characters
from ingest.chunking.structure import find_units
from ingest.chunking.verbatim import Verbatim
from ingest.chunking.walls import find_walls
from ingest.model import Document
from tests.chunking.texts import embed

CLOSING = "Luật này được Quốc hội thông qua ngày 01/01/2024.\n"
BODY = "Người lao động có quyền nghỉ phép năm.\n"


def list_labels(text: str) -> list[str]:
    return [heading.label for heading in find_headings(text, Verbatim(text))]


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        pytest.param(
            "Điều 1. Sửa đổi, bổ sung một số điều của Luật A\n1. Sửa đổi, bổ sung Điều 5 như sau:\nĐiều 5. Quyền\n"
            "1. Một.\n2. Hai.\n2. Bổ sung Điều 7a vào sau Điều 7 như sau:\n\n**Điều 7a.** Nghĩa vụ\nBa.\n"
            "Điều 2. Hiệu lực\nLuật này.\nĐiều 3. Tổ chức\nBốn.\n",
            ["Điều 1", "Điều 2", "Điều 3"],
            id="clauses",
        ),
        pytest.param(
            f"Điều 1. Sửa đổi, bổ sung Điều 2 và Điều 3 như sau:\nĐiều 2. A\n{BODY}Điều 3. B\n{BODY}Điều 2. C\n{BODY}"
            f"Điều 3. D\n{BODY}",
            ["Điều 1", "Điều 2", "Điều 3"],
            id="the same numbers as this law's own",
        ),
        pytest.param(
            f"Điều 1. A\nBổ sung Chương IIa như sau:\nChương IIa\nMỚI\nĐiều 20a. B\n{BODY}Điều 20b. C\n{BODY}"
            f"Chương II\nTHI HÀNH\nĐiều 2. D\n{BODY}",
            ["Điều 1", "Chương II", "Điều 2"],
            id="a chapter",
        ),
        pytest.param(
            f"Điều 1. Sửa đổi Luật A\nBổ sung Chương IIa như sau:\nChương IIa\nMỚI\nĐiều 20a. B\n{BODY}\n"
            f"Chương II\n\nTHI HÀNH\n\nMục 1\n\nHIỆU LỰC\n\nĐiều 2. D\n{BODY}",
            ["Điều 1", "Chương II", "Mục 1", "Điều 2"],
            id="a chapter and a section follow",
        ),
        pytest.param(
            "부칙\n제3조(다른 법률의 개정) ① 농지법 일부를 다음과 같이 개정한다.\n제6조 및 제7조를 다음과 같이 한다.\n"
            "제6조(권리) ① 있다.\n제7조(의무) ② 있다.\n② 도로법 일부를 다음과 같이 개정한다.\n제9조를 다음과 같이 "
            "한다.\n제9조(벌칙) 없다.\n제4조(경과조치) 이다.\n",
            ["부칙", "제3조", "제4조"],
            id="korean",
        ),
        pytest.param(
            f"Điều 7. Sửa đổi Điều 3 như sau:\nĐiều 3. A\n{BODY}Điều 7a. B\n{BODY}Điều 8. C\n{BODY}",
            ["Điều 7", "Điều 7a", "Điều 8"],
            id="an article with a letter follows",
        ),
        pytest.param(
            f"Điều 1. Sửa đổi, bổ sung Luật A như sau:\n1. Thay thế Chương II như sau:\nChương II\nTỔ CHỨC\n"
            f"Điều 10. A\n{BODY}Điều 2. B\n{BODY}Điều 3. C\n{BODY}",
            ["Điều 1", "Điều 2", "Điều 3"],
            id="a chapter is not taken for that of the next article",
        ),
        pytest.param(
            "Điều 1. Sửa đổi, bổ sung một số điều của Luật A\n1. Điều 5 được sửa đổi như sau:\nĐiều 5. A\n1. Một.\n"
            f"2. Điểm a khoản 1 Điều 6 được sửa đổi, bổ sung như sau:\na) Hai;\n{CLOSING}",
            ["Điều 1", ""],
            id="the last article",
        ),
        pytest.param(
            f"Điều 1. Sửa đổi một số điều của Luật A\n1. Thay thế Điều 5 bằng Điều 5 mới:\nĐiều 5. A\n{BODY}"
            f"2. Thay thế Điều 7 bằng Điều 7, Điều 7a sau đây:\nĐiều 7. B\nĐiều 7a. C\n{BODY}Điều 2. D\n{BODY}",
            ["Điều 1", "Điều 2"],
            id="a new one in its place",
        ),
        pytest.param(
            "Điều 1. Sửa đổi một số điều của Luật A\n1. Sửa đổi từ Điều 5 đến Điều 7 như sau:\n"
            "Điều 5. A\nĐiều 6. B\nĐiều 7. C\nĐiều 8. D\n",
            ["Điều 1", "Điều 8"],
            id="a range",
        ),
        pytest.param(
            "Điều 1. Sửa đổi một số điều của Luật A\n1. Bổ sung Điều 1b vào sau Điều 2 như sau:\nĐiều 1b. A\n"
            "Điều 2. B\n",
            ["Điều 1", "Điều 2"],
            id="not the one behind which it is put",
        ),
    ],
)
def test_what_is_quoted_opens_nothing(text: str, labels: list[str]) -> None:
    assert list_labels(text) == labels


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"Điều 4. Việc sửa đổi, bổ sung như sau:\nĐiều 5. A\n{BODY}", id="the next article"),
        pytest.param(
            f"Điều 4. Sửa đổi giấy phép như sau:\nĐiều 9. A\n{BODY}Điều 10. B\n{BODY}", id="none that follows"
        ),
        pytest.param(f"Ban hành Luật sửa đổi một số điều như sau:\nĐiều 1. A\n{BODY}Điều 2. B\n{BODY}", id="no host"),
        pytest.param(f"Điều 4. Gồm các điều sau:\nĐiều 9. A\n{BODY}Điều 5. B\n{BODY}", id="amends nothing"),
        pytest.param(
            f"Điều 4. Sửa đổi như sau:\nĐiều 9. A\n{BODY}LUẬT\nKHÁC\nĐiều 1. B\n{BODY}Điều 5. C\n{BODY}",
            id="another law",
        ),
        pytest.param(
            "Điều 4. Hồ sơ\n1. Hồ sơ sửa đổi, bổ sung giấy phép theo khoản 3 gồm:\na) Đơn;\n2. Hai.\nĐiều 5. B\n",
            id="points of its own",
        ),
        pytest.param(
            "Điều 2. Cấp, sửa đổi, bổ sung giấy phép\n1. Bổ sung giấy phép theo khoản 1 Điều này như sau:\na) Tên;\n"
            "b) Trụ sở.\n2. Thời hạn là 15 ngày.\nĐiều 3. B\n",
            id="a title that only has the words",
        ),
        pytest.param(
            "Điều 2. Sửa đổi, bổ sung một số điều của Luật A\n1. Bổ sung hồ sơ theo khoản 3 Điều 5 gồm:\n"
            "a) Đơn;\nb) Ảnh.\n",
            id="no other words follow",
        ),
        pytest.param(
            "Điều 2. Bổ sung một số điều kiện\n1. Bổ sung khoản 1 Điều 5 như sau:\na) Đơn;\nb) Ảnh.\n",
            id="conditions are no articles",
        ),
        pytest.param(
            f"Điều 12. A\nCác nội dung đã được sửa đổi, bổ sung như sau:\nĐiều 15. B\n{BODY}Điều 13. C\n{BODY}",
            id="nothing of another law is named",
        ),
        pytest.param(
            "Điều 4. Hồ sơ\n1. Sửa đổi Luật A như sau:\nĐiều 35. A\nĐiều 36. B\nLUẬT\nXÂY DỰNG\nĐiều 5. C\n",
            id="numbers beyond a wall tell nothing",
        ),
        pytest.param(
            "Điều 39. A\nSửa đổi Luật A như sau:\nĐiều 39.12.NĐ.1.2. B\nĐiều 39.13.LQ.1. C\nĐiều 40. D\n",
            id="articles of a codified law",
        ),
    ],
)
def test_what_only_looks_like_one_stays_open(text: str) -> None:
    assert list(find_amendments(text)) == []


@pytest.mark.parametrize(
    "wall",
    [
        *("부칙 <제2호, 2021. 1. 1.>", "[별표 1] 과태료", "하천법\n[시행 2024. 1. 1.]", "제2장 보칙", "LUẬT\nXÂY DỰNG"),
        *("Phụ lục I\nBIỂU PHÍ", "Chương VI\nTHI HÀNH", "Mục 2. QUẢN LÝ", "Nơi nhận:\n- Chính phủ.", CLOSING.strip()),
        *("Phần thứ hai\nTHI HÀNH", "Điều 39.12.NĐ.1.2. Hồ sơ"),
    ],
)
@pytest.mark.parametrize(
    "quoted",
    ["2. Sửa đổi khoản 2 Điều 9 như sau:\n2. Thuế là 5%.\n", "2. Sửa đổi Điều 9 như sau:\nĐiều 9. Thuế\n1. 5%.\n"],
)
@pytest.mark.parametrize("after", ["", f"Điều 2. A\n{BODY}"])
def test_no_stretch_reaches_over_a_wall(wall: str, quoted: str, after: str) -> None:
    above = f"Điều 1. Sửa đổi, bổ sung một số điều của Luật Thuế\n{quoted}"
    [(start, end)] = find_amendments(f"{above}{wall}\n{after}")
    assert (start, end) == (above.rindex("\n", 0, above.index("như sau:\n") + 9) + 1, len(above))


OWN = st.lists(st.integers(2, 6), unique=True, max_size=5).map(sorted)


@given(OWN, st.lists(st.integers(1, 9), unique=True, min_size=1, max_size=4).map(sorted))
def test_what_is_quoted_by_its_number_does_not_depend_on_the_articles_below(own: list[int], quoted: list[int]) -> None:
    above = "Điều 1. Sửa đổi, bổ sung một số điều của Luật A\n" + "".join(
        f"{place}. Sửa đổi, bổ sung Điều {number} như sau:\nĐiều {number}. A\n1. Một.\n2. Hai.\n"
        for place, number in enumerate(quoted, start=1)
    )
    below = "".join(f"Điều {number}. B\n{BODY}" for number in own)
    assert list_labels(above + below) == ["Điều 1", *[f"Điều {number}" for number in own]]


def test_a_quoted_clause_is_none_of_the_article_that_quotes_it() -> None:
    text = (
        "Điều 1. Sửa đổi, bổ sung một số điều\n1. Sửa đổi, bổ sung khoản 2 Điều 5 như sau:\n2. Quyền được nghỉ.\n"
        "3. Quyền được trả lương.\n2. Bãi bỏ khoản 4 Điều 6.\nĐiều 2. Hiệu lực\nLuật này.\n"
    )
    parts = TextChunker(Characters(100), 0, {}).split(Document("a", text))
    cited = {embed(text, part).rpartition("\n")[2]: part.place["citation"] for part in parts}
    assert cited["3. Quyền được trả lương."] == "Điều 1 khoản 1"
    assert cited["2. Bãi bỏ khoản 4 Điều 6."] == "Điều 1 khoản 2"


def list_clauses(text: str) -> list[str]:
    """List the labels of the clauses of the first article."""
    verbatim = Verbatim(text)
    unit = next(iter(find_units(text, find_headings(text, verbatim))))
    return [item.label for item in find_items(text, unit, verbatim).items if item.depth == CLAUSE]


@pytest.mark.parametrize(
    ("quoted", "clauses"),
    [
        pytest.param(
            "khoản 2 Điều 5 như sau:\n2. Quyền.\n3. Lương.\n2. Thời hạn.\n3. Phí.\n", ["1", "2", "3"], id="again"
        ),
        pytest.param("khoản 2 Điều 5 như sau:\n2. Quyền.\n2. Thời hạn.\n", ["1", "2"], id="the same number"),
        pytest.param("điểm a khoản 3 Điều 5 như sau:\na) Quyền;\nb) Phí.\n2. Thời hạn.\n", ["1", "2"], id="points"),
        pytest.param("Điều 5 như sau:\nĐiều 5. A\n1. B.\n2. C.\n2. Thời hạn.\n", ["1", "2"], id="an article"),
        pytest.param("khoản 1 Điều 5 như sau:\n1. Quyền.\n2. Thời hạn.\n", ["1"], id="may be quoted"),
        pytest.param("khoản 2 Điều 5 như sau:\n2. Quyền.\n3. Lương.\n4. Phí.\n", ["1"], id="goes on"),
        pytest.param("điểm a khoản 1 và khoản 2 Điều 5 như sau:\na) Quyền;\n2. Phí.\n", ["1"], id="named"),
        pytest.param(
            "Điều 5, Điều 6 như sau:\nĐiều 5. A\n1. B.\n2. C.\nĐiều 6. D\n1. E.\n2. F.\n", ["1"], id="two articles"
        ),
        pytest.param(
            "Điều 5, Điều 6 như sau:\nĐiều 5. A\n1. B.\n2. C.\n2. D.\nĐiều 6. E\n1. F.\n",
            ["1"],
            id="an article follows",
        ),
    ],
)
def test_a_clause_behind_a_quoted_one_has_its_own_label_where_it_can_be_told(quoted: str, clauses: list[str]) -> None:
    text = f"Điều 1. Sửa đổi, bổ sung một số điều của Luật A\n1. Sửa đổi {quoted}Điều 2. Hiệu lực\nHai.\n"
    assert list_clauses(text) == clauses
    assert list_labels(text) == ["Điều 1", "Điều 2"]


LINES = st.sampled_from(
    (
        *("Điều 1. Sửa đổi, bổ sung\n", "Điều 2. A\n", "Điều 2a. A\n", "Điều 5. B\n", "1. Sửa đổi Điều 5 như sau:\n"),
        *(
            "2. Bổ sung khoản 3 như sau:\n",
            "3. C\n",
            "a) D\n",
            "제1조(의 개정)\n",
            "다음과 같이 한다.\n",
            "제2조(가)\n",
        ),
        *("\n", "LUẬT\n", "Chương II\n", "부칙\n", "Phụ lục I\n", "Nơi nhận:\n", "Điều 1. Sửa đổi Luật A\n"),
    )
)


@given(st.lists(LINES, max_size=30).map("".join))
def test_stretches_are_in_order_and_whole_lines(text: str) -> None:
    reached = 0
    for start, end in find_amendments(text):
        assert reached <= start < end <= len(text)
        assert text[start - 1] == "\n" or not text[text.rfind("\n", 0, start) + 1 : start].strip("#*_ \t")
        assert end == len(text) or text[end - 1] == "\n"
        assert find_walls(text).find(start, end, inner=False) == end
        reached = end
