"""What holds of every text, size and overlap."""

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.chunking import open_chunker, packing
from ingest.model import Document
from tests.chunking.texts import ANY_TEXT, ARTICLES, FRAGMENTS, LONG_TEXT, SIZES, embed, show, split

TEXTS = ANY_TEXT | LONG_TEXT
QUESTIONS = st.none() | st.just("") | st.text(min_size=1, max_size=600)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    question = draw(QUESTIONS)
    return Document("a", draw(TEXTS), question=question or "", row=None if question is None else 2)


@given(documents(), SIZES, st.floats(0, 0.49))
@example(Document("a", "x" * 1_000), 40, 0.49)
@example(Document("a", "x" * 30 + " " * 1_000 + "y" * 300), 40, 0.49)
@example(Document("a", "# " + "tiêu đề rất dài " * 40 + "\n## Mục\n" + "nội dung " * 90), 60, 0.4)
def test_parts_cover_the_text_in_order_and_within_the_budget(document: Document, size: int, share: float) -> None:
    overlap = int(size * share)
    parts = open_chunker(size=size, overlap=overlap).split(document)
    text = document.text
    covered = 0
    for part in parts:
        assert part.start < part.end
        assert not text[part.start].isspace()
        assert not text[part.end - 1].isspace()
        assert not text[covered : part.start].strip()
        assert len(embed(text, part)) <= size
        assert len(part.prefix) <= size // 2
        covered = part.end
    assert not text[covered:].strip()
    for one, next_ in pairwise(parts):
        assert one.start < next_.start
        assert one.end < next_.end
        assert one.end - next_.start <= overlap


@given(documents(), SIZES)
def test_cutting_twice_gives_the_same(document: Document, size: int) -> None:
    chunker = open_chunker(size=size)
    again = open_chunker(chunker.settings)
    assert list(chunker.split(document)) == list(again.split(document))


@given(st.text(alphabet=" \t\n\r\u00a0\u3000\u2028"))
def test_white_space_makes_no_parts(text: str) -> None:
    assert list(split(text)) == []


@given(ARTICLES, SIZES, st.integers(0, 19))
def test_an_article_is_cut_as_if_it_were_alone(articles: list[str], size: int, overlap: int) -> None:
    # Hence inserting, deleting and swapping articles leaves the embedded texts of the others as they are.
    text = "".join(articles)
    alone = [shown for article in articles for shown in show(article, split(article, size, overlap))]
    assert show(text, split(text, size, overlap)) == alone


@given(ARTICLES, ARTICLES, SIZES)
def test_under_a_chapter_all_but_the_first_article_keep_their_parts(
    articles: list[str], others: list[str], size: int
) -> None:
    title = "Chương II\n\nQUYỀN VÀ NGHĨA VỤ\n\n"
    tail = len("".join(articles[1:]))  # the title stands on the first
    shown = []
    for text in (title + "".join(articles), title + "".join([*others, *articles])):
        parts = [part for part in split(text, size) if part.start >= len(text) - tail]
        shown.append(show(text, parts))
    assert shown[0] == shown[1]


@given(ARTICLES, SIZES)
def test_no_part_spans_two_articles(articles: list[str], size: int) -> None:
    text = "".join(articles)
    walls = [sum(map(len, articles[:number])) for number in range(len(articles))]
    for part in split(text, size):
        assert not any(part.start < wall < part.end for wall in walls)


@given(ARTICLES, st.integers(80, 300))
def test_an_overlap_begins_at_a_word_of_the_same_article(articles: list[str], size: int) -> None:
    text = "".join(articles)
    parts = split(text, size, overlap=size // 3)
    for one, next_ in pairwise(parts):
        if next_.start < one.end:
            assert one.heading == next_.heading
            assert text[next_.start - 1].isspace() or text[next_.start] in "本法"


def test_an_overlap_repeats_what_it_may() -> None:
    text = "một hai ba bốn năm sáu bảy tám chín mười " * 40
    parts = split(text, 200, overlap=60)
    for one, next_ in pairwise(parts):
        assert 50 <= one.end - next_.start <= 60


@given(
    st.lists(st.sampled_from(["e\u0301\u0323", "한", "한", "👨‍👩‍👧", "🇻🇳", "👍🏽", "a", "漢", " "]), min_size=60).map(
        "".join
    ),
    st.integers(40, 60),
)
def test_what_a_reader_sees_as_one_character_is_never_cut(text: str, size: int) -> None:
    for part in split(text, size):
        first = text[part.start]
        assert not unicodedata.category(first).startswith("M")
        assert first not in "\u200d\U0001f3fd\u1161\u11ab"
        assert text[part.end - 1] != "\u200d"
        flags = sum("\U0001f1e6" <= letter <= "\U0001f1ff" for letter in text[: part.end])
        assert flags % 2 == 0


@given(LONG_TEXT, SIZES)
def test_a_line_that_fits_is_one_part(text: str, size: int) -> None:
    line = ("x" + text.replace("\n", ""))[:size]
    assert len(split(line, size)) == 1


@pytest.mark.parametrize("fragment", sorted(set(FRAGMENTS) | {"A. ", "“Điều 1", "```a\n", "(제", "제1조(", "x"}))
def test_the_work_is_linear_in_the_text(fragment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = 0

    def count(name: str) -> None:
        find = getattr(packing, name)

        def counting(text: str, low: int, high: int) -> int | None:
            nonlocal looked_at
            looked_at += high - low + 1
            found: int | None = find(text, low, high)
            return found

        monkeypatch.setattr(packing, name, counting)

    for name in ("find_blank_line", "find_line", "find_sentence", "find_word", "find_grapheme", "find_word_start"):
        count(name)
    text = fragment * (100_000 // len(fragment))
    split(text, 100, overlap=49)
    assert looked_at <= 24 * len(text)
