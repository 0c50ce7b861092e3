"""Amendments without quotation marks open nothing, and what only looks like one opens what it did."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.chunking.amendments import find_amendments
from ingest.chunking.chunker import TextChunker
from ingest.chunking.headings import find_headings
from ingest.chunking.sizers import Characters
from ingest.chunking.verbatim import Verbatim
from ingest.model import Document
from tests.chunking.texts import embed

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
            "부칙\n제3조(다른 법률의 개정) ① 농지법 일부를 다음과 같이 개정한다.\n제6조를 다음과 같이 한다.\n"
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
    ],
)
def test_what_only_looks_like_one_stays_open(text: str) -> None:
    assert list(find_amendments(text)) == []


def test_a_quoted_clause_is_none_of_the_article_that_quotes_it() -> None:
    text = (
        "Điều 1. Sửa đổi, bổ sung một số điều\n1. Sửa đổi, bổ sung khoản 2 Điều 5 như sau:\n2. Quyền được nghỉ.\n"
        "3. Quyền được trả lương.\n2. Bãi bỏ khoản 4 Điều 6.\nĐiều 2. Hiệu lực\nLuật này.\n"
    )
    parts = TextChunker(Characters(100), 0, {}).split(Document("a", text))
    cited = {embed(text, part).rpartition("\n")[2]: part.place["citation"] for part in parts}
    assert cited["3. Quyền được trả lương."] == "Điều 1 khoản 1"
    assert cited["2. Bãi bỏ khoản 4 Điều 6."] == "Điều 1 khoản 2"


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
        *("\n", "LUẬT\n", "Chương II\n"),
    )
)


@given(st.lists(LINES, max_size=30).map("".join))
def test_stretches_are_in_order_and_whole_lines(text: str) -> None:
    reached = 0
    for start, end in find_amendments(text):
        assert reached <= start < end <= len(text)
        assert text[start - 1] == "\n" or not text[text.rfind("\n", 0, start) + 1 : start].strip("#*_ \t")
        assert end == len(text) or text[end - 1] == "\n"
        reached = end
