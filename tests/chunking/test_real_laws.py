"""Real laws: the headings that are recognised, against a count that knows each law's own numbering."""

import unicodedata
from pathlib import Path

import pytest

from ingest.chunking.headings import find_headings
from ingest.chunking.ranks import ARTICLE, CHAPTER, SECTION
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
    return [heading.title for heading in find_headings(text) if heading.rank == rank]


def count_lines(text: str, *words: str) -> int:
    """Count the lines that begin so, as one would by eye: no regular expression, no rule of the recogniser."""
    lines = (line.strip().lstrip("#").lstrip() for line in text.split("\n"))
    return sum(line.startswith(words) for line in lines)


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
    covered = 0
    for part in split(text):
        assert not text[covered : part.start].strip()
        assert len(embed(text, part)) <= 400
        covered = part.end
    assert not text[covered:].strip()
