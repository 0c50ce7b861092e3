"""Titles that are underlined, and the rules of plain texts that underline none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.chunking.headings import find_headings
from ingest.chunking.verbatim import Verbatim
from tests.chunking.texts import split


def list_titles(text: str) -> list[tuple[str, int | None]]:
    return [(heading.title, heading.level) for heading in find_headings(text, Verbatim(text))]


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("Title\n=====\n\nText.", [("Title", 1)]),
        ("Title\n===", [("Title", 1)]),
        ("   **Tên gọi**  \n   =====  \nText.", [("Tên gọi", 1)]),
        ("Một\n===\nHai\n---\nBa.\n\n## Bốn ##\n", [("Một", 1), ("Hai", 2), ("Bốn", 2)]),
        ("# Một\n\nText.\n\nHai?\n----\n", [("Một", 1), ("Hai?", 2)]),
        ("# Một\nHai\n---\n", [("Một", 1), ("Hai", 2)]),
        ("# A\n\nC# và F#\n-------\n", [("A", 1), ("C# và F#", 2)]),
    ],
)
def test_an_underlined_title_is_a_heading(text: str, titles: list[tuple[str, int]]) -> None:
    assert list_titles(text) == titles


FRIENDS = [
    "\n\n-----\n",
    "=====\n-----\n",
    "One line\nof a paragraph\n=====\n",
    "Một câu dài.\n-----\n",
    "Kính gửi:\n-----\n",
    "- item\n---\n",
    "1. item\n=====\n",
    "> quoted\n---\n",
    "| a |\n|---|\n| b |\n",
    "| a |\n---\n",
    "Tên      Tuổi\n-------------\n",
    "Tên\tTuổi\n--------\n",
    "***\n---\n",
    "12345\n-----\n",
    "    code\n-----\n",
    "Title\n    -----\n",
    "Title\n--\n",
    "Title\n--- a\n",
    "Title\n-=-=-\n",
    "Title\n\n-----\n",
    "Tổng quan ......... 5\n-----\n",
    "x" * 121 + "\n=====\n",
    "```\nTitle\n=====\n```\n",
    "“Title\n=====\n”\n",
    "QUỐC HỘI\n-------\n\nCỘNG HOÀ XÃ HỘI CHỦ NGHĨA VIỆT NAM\n\nĐộc lập - Tự do - Hạnh phúc\n-------\n",
    "CHÍNH PHỦ\n=======\n\nCộng hòa xã hội chủ nghĩa Việt Nam\n",
]


@pytest.mark.parametrize("friend", FRIENDS)
def test_what_is_only_ruled_off_is_none(friend: str) -> None:
    assert list_titles(friend) == []
    assert list_titles(f"# Một\n\n{friend}\n# Hai\n") == [("Một", 1), ("Hai", 1)]


def test_dashes_alone_make_no_heading_in_a_text_without_other_marks() -> None:
    text = "Trân trọng\n-----\nNguyễn Văn A\n"
    assert list_titles(text) == []
    assert list_titles(f"{text}\n# Hai\n") == [("Trân trọng", 2), ("Hai", 1)]


def test_an_article_with_a_rule_under_it_is_an_article() -> None:
    assert list_titles("# Luật\n\nĐiều 1. Quyền\n-------------\nMột.\n") == [("Luật", 1), ("Điều 1. Quyền", None)]


def test_front_matter_underlines_nothing() -> None:
    text = "---\ntitle: A\n---\n\nTên\n===\n\nText."
    assert [heading.title for heading in find_headings(text, Verbatim(text), text.index("\n\nTên"))] == ["Tên"]


TITLE = st.text(st.sampled_from("abc đê"), min_size=1, max_size=30).map(lambda words: f"T{words}".strip())
BODY = st.text(st.sampled_from("ab. \n"), max_size=40).map(lambda words: f"\n{words}\n\n")


@given(st.lists(st.tuples(TITLE, st.sampled_from("=-"), st.integers(3, 40), BODY), min_size=1, max_size=6))
def test_marks_before_and_marks_below_make_the_same_headings(some: list[tuple[str, str, int, str]]) -> None:
    below = "Đầu\n===\n\n" + "".join(f"{title}\n{mark * length}\n{body}" for title, mark, length, body in some)
    before = "# Đầu\n\n" + "".join(f"{'#' if mark == '=' else '##'} {title}\n{body}" for title, mark, _, body in some)
    some_columns = any("  " in title for title, *_ in some)  # these may be a table's
    assert some_columns or list_titles(below) == list_titles(before)


def test_a_part_begins_with_its_underlined_title() -> None:
    text = f"Tên\n===\n\n{'Một câu. ' * 40}\n\nHai\n---\n\nBa bốn năm.\n"
    parts = split(text, 200)
    assert text[parts[0].start : parts[0].end].startswith("Tên\n===\n\nMột câu.")
    assert parts[-1].heading == "Tên > Hai"
    assert text[parts[-1].start : parts[-1].end] == "Hai\n---\n\nBa bốn năm."
