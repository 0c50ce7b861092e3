"""Real laws: the headings that are recognised, against a count that knows each law's own numbering."""

import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from ingest.chunking.front_matter import read_front_matter
from ingest.chunking.headings import find_headings
from ingest.chunking.items import CLAUSE, POINT, find_items
from ingest.chunking.ranks import ARTICLE, CHAPTER, SECTION
from ingest.chunking.structure import find_units
from ingest.chunking.verbatim import Verbatim
from tests.chunking.texts import embed, split

DATA = Path(__file__).parents[3] / "shared" / "data"

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not at hand"),
]


def read(name: str) -> str:
    content = (DATA / name).read_bytes()
    text = content.decode("utf-16" if content.startswith(b"\xff\xfe") else "utf-8")
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


def list_titles(text: str, rank: int) -> list[str]:
    return [heading.title for heading in find_headings(text, Verbatim(text)) if heading.rank == rank]


def count_lines(text: str, *words: str) -> int:
    """Count the lines that begin so, as one would by eye: no regular expression, no rule of the recogniser."""
    lines = (line.strip().lstrip("#").lstrip() for line in text.split("\n"))
    return sum(line.startswith(words) for line in lines)


def count_items(text: str) -> Counter[int]:
    """Count the clauses and points of all articles."""
    verbatim = Verbatim(text)
    units = find_units(text, find_headings(text, verbatim))
    return Counter(item.depth for unit in units for item in find_items(text, unit, verbatim).items)


@pytest.mark.parametrize(("name", "out_of_place"), [("luat2008.txt", 0), ("du-lieu.md", 1), ("da-dang-sinh-hoc.md", 0)])
def test_every_vietnamese_clause_and_point_is_found(name: str, out_of_place: int) -> None:
    text = read(f"text_vi/{name}")
    words = [line.split(" ")[0] for line in text.split("\n")]
    found = count_items(text)
    assert found[CLAUSE] == sum(word[:-1].isdigit() and word.endswith(".") for word in words)
    # One article of the law on data has two points d), the second in place of đ).
    assert found[POINT] == sum(word in {f"{letter})" for letter in "abcdđeghiklmnopq"} for word in words) - out_of_place


@pytest.mark.parametrize("act", ["하천법", "자연재해대책법"])
def test_every_korean_clause_is_found(act: str) -> None:
    # Its points (호) can't be counted so: these files move them behind the last clause of their article, where it can't
    # be known which clause they are of. Those that follow no line that announces them stay without a label.
    text = read(f"text_ko/{act}.md")
    assert count_items(text)[CLAUSE] == sum(
        line.strip()[:1] in set("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮") for line in text.split("\n") if line.strip()
    )


@pytest.mark.parametrize(
    ("name", "friends"),
    [
        (
            "luat2008.txt",
            [
                "Luật số: 23/2008/QH12",
                "Luật này quy",
                "Luật này áp",
                "Điều khiển xe",
                "Điều khiển xe",
                "ĐIỀU KHOẢN THI",
            ],
        ),
        ("du-lieu.md", ["ĐIỀU KHOẢN THI"]),
        ("da-dang-sinh-hoc.md", ["Luật này quy", "Luật này áp", *["Nghị định này"] * 10]),
    ],
)
def test_every_line_that_begins_like_a_heading_is_one_or_a_false_friend(name: str, friends: list[str]) -> None:
    text = read(f"text_vi/{name}")
    opened = {heading.start for heading in find_headings(text, Verbatim(text))}
    left = []
    position = 0
    for line in text.split("\n"):
        if line.casefold().startswith(("điều", "chương", "mục", "phần", "phụ lục", "luật", "nghị định")):
            left += [] if position in opened or line == "LUẬT" else [" ".join(line.split()[:3])]
        position += len(line) + 1
    assert left == friends


def test_the_law_on_road_traffic_has_89_articles_in_8_chapters() -> None:
    text = read("text_vi/luat2008.txt")
    articles = list_titles(text, ARTICLE)
    assert [title.split(".")[0] for title in articles] == [f"Điều {number}" for number in range(1, 90)]
    assert [title.split()[1] for title in list_titles(text, CHAPTER)] == [
        "I",
        "II",
        "III",
        "IV",
        "V",
        "VI",
        "VII",
        "VIII",
    ]
    assert len(list_titles(text, SECTION)) == 2
    assert list_titles(text, CHAPTER)[-1] == "CHƯƠNG VIII ĐIỀU KHOẢN THI HÀNH"


def test_the_law_on_data_has_24_articles_in_5_chapters() -> None:
    text = read("text_vi/du-lieu.md")
    assert [title.split(".")[0] for title in list_titles(text, ARTICLE)] == [
        f"Điều {number}" for number in range(1, 25)
    ]
    assert len(list_titles(text, CHAPTER)) == 5


def test_the_codified_law_on_biodiversity() -> None:
    text = read("text_vi/da-dang-sinh-hoc.md")
    by_eye = sum(line.startswith("Điều 21.2.") for line in text.split("\n"))
    assert len(list_titles(text, ARTICLE)) == by_eye


@pytest.mark.parametrize(("act", "articles"), [("하천법", 101), ("자연재해대책법", 134)])
def test_a_korean_act(act: str, articles: int) -> None:
    text = read(f"text_ko/{act}.md")
    by_eye = sum(line.startswith("제") and "조" in line[:6] for line in text.split("\n"))
    assert len(list_titles(text, ARTICLE)) == by_eye == articles
    assert len(list_titles(text, CHAPTER)) == count_lines(text, *(f"제{number}장" for number in range(1, 30)))
    assert len(list_titles(text, SECTION)) == count_lines(text, *(f"제{number}절" for number in range(1, 30)))


def test_761_files_of_one_article_each_but_three() -> None:
    files = sorted((DATA / "text_ko/articles").rglob("*.md"))
    assert len(files) == 761
    without = {file.name for file in files if not list_titles(read(str(file.relative_to(DATA))), ARTICLE)}
    # A table of tax rates, and two whose heading lost its 조 ("#### 제178 중단후에"), which Markdown still makes one.
    assert without == {"담배에 대한 종류별 세율(제1조제2항제6호 관련).md", "article-178.md", "article-21.md"}


@pytest.mark.parametrize(
    "name",
    [
        "text_vi/luat2008.txt",
        "text_vi/du-lieu.md",
        "text_vi/da-dang-sinh-hoc.md",
        "text_ko/하천법.md",
        "text_ko/자연재해대책법.md",
    ],
)
def test_a_whole_law_is_covered_within_the_budget(name: str) -> None:
    text = read(name)
    covered = read_front_matter(text).end
    for part in split(text):
        assert not text[covered : part.start].strip()
        assert len(embed(text, part)) <= 400
        covered = part.end
    assert not text[covered:].strip()
